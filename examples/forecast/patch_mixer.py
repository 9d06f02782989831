"""PatchMixer (Gong et al. 2023, arXiv 2310.00655) in PyTorch, with the tensor names that vitgen
reads: those of its authors' checkpoints."""

import torch
from torch import nn
from torch.nn import functional

EPS = 1e-5


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


class Block(nn.Module):
    """Convolutions along the channels of each patch, then a mix of the patches."""

    def __init__(self, patches, taps):
        super().__init__()
        self.Resnet = Residual(
            nn.Conv1d(patches, patches, taps, groups=patches, padding="same"),
            nn.GELU(), nn.BatchNorm1d(patches))
        self.Conv_1x1 = nn.Sequential(
            nn.Conv1d(patches, patches, 1), nn.GELU(), nn.BatchNorm1d(patches))

    def forward(self, x):
        return self.Conv_1x1(self.Resnet(x))


class RevIn(nn.Module):
    """Learned gain and offset of every variable, once its series has mean 0 and deviation 1."""

    def __init__(self, variables):
        super().__init__()
        self.affine_weight = nn.Parameter(torch.ones(variables))
        self.affine_bias = nn.Parameter(torch.zeros(variables))


class PatchMixer(nn.Module):
    """x [batch, seq_len, enc_in] to [batch, pred_len, enc_in], both in the units of the data.

    The arguments are called as in config.json.
    """

    def __init__(self, *, seq_len, pred_len, enc_in, patch_len, stride, d_model, e_layers,
                 mixer_kernel_size, dropout=0.0):
        super().__init__()
        self.patch, self.stride = patch_len, stride
        patches = (seq_len - patch_len) // stride + 2
        width = patches * d_model
        self.W_P = nn.Linear(patch_len, d_model)
        self.dropout = nn.Dropout(dropout)
        self.PatchMixer_blocks = nn.ModuleList(
            Block(patches, mixer_kernel_size) for _ in range(e_layers))
        self.head0 = nn.Sequential(nn.Flatten(1), nn.Linear(width, pred_len))
        self.head1 = nn.Sequential(
            nn.Flatten(1), nn.Linear(width, 2 * pred_len), nn.GELU(), nn.Dropout(dropout),
            nn.Linear(2 * pred_len, pred_len))
        self.revin_layer = RevIn(enc_in)

    def patches(self, x):
        """[batch * variables, patches, patch_len]; the last patch repeats the last value."""
        series = functional.pad(x.transpose(1, 2), (0, self.stride), mode="replicate")
        return series.unfold(2, self.patch, self.stride).flatten(0, 1)

    def forward(self, x):
        gain, offset = self.revin_layer.affine_weight, self.revin_layer.affine_bias
        mean = x.mean(1, keepdim=True)
        deviation = (x.var(1, keepdim=True, correction=0) + EPS).sqrt()
        z = self.dropout(self.W_P(self.patches((x - mean) / deviation * gain + offset)))
        y = self.head0(z)
        for block in self.PatchMixer_blocks:
            z = block(z)
        y = y + self.head1(z)
        y = y.unflatten(0, (len(x), -1)).transpose(1, 2)
        return (y - offset) / (gain + EPS ** 2) * deviation + mean
