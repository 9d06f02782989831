"""The programs that bench_gpu.py compares, each as a function that queues one batch on a stream.

Needs torch with CUDA; ONNX Runtime where it is installed.
"""

import ctypes
import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

DTYPES = {"f16": torch.float16, "bf16": torch.bfloat16}
# Width and heads of timm's models; 12 blocks of 16 x 16 patches of 224 x 224 each.
SIZES = {"vit_tiny_patch16_224": (192, 3), "vit_small_patch16_224": (384, 6),
         "vit_base_patch16_224": (768, 12)}
IMAGE = (3, 224, 224)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def attention(self, x):
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        out = functional.scaled_dot_product_attention(q, k, v)
        return self.proj(out.transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))


class Vit(nn.Module):
    """What timm's models of these names compute."""

    def __init__(self, width, heads):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 16, 16)
        self.cls = nn.Parameter(torch.randn(1, 1, width))
        self.positions = nn.Parameter(torch.randn(1, 197, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(12)))
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, 1000)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.positions
        return self.head(self.norm(self.blocks(x)[:, 0]))


def create(model, precision):
    """Seeded weights, made on the device."""
    torch.manual_seed(1)
    with torch.device("cuda"):
        return Vit(*SIZES[model]).eval().to(DTYPES[precision])


def torch_compile(model, precision, images, mode):
    """With CUDA graphs, which both modes that are used here have."""
    compiled = torch.compile(create(model, precision), mode=mode, fullgraph=True, dynamic=False)
    narrow = images.to(DTYPES[precision])
    return lambda: compiled(narrow)


class ContextOptions(ctypes.Structure):
    """The head of <name>_context_options; struct_size says that the rest is absent."""
    _fields_ = [("struct_size", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("threads", ctypes.c_int32), ("spin_us", ctypes.c_int32)]


def vitgen(folder, images, stream):
    """A library's run_device on arrays of torch."""
    name = Path(folder).name
    library = ctypes.CDLL(str(Path(folder) / f"lib{name}.so"))
    model, context = ctypes.c_void_p(), ctypes.c_void_p()
    options = ContextOptions(ctypes.sizeof(ContextOptions), 0, 1, 0)

    def call(function, *arguments):
        status = getattr(library, f"{name}_{function}")(*arguments)
        if status != 0:
            raise RuntimeError(f"{name}_{function} failed with {status}")

    call("open_checked", None, None, str(Path(folder) / f"{name}.weights").encode(), None,
         ctypes.byref(model))
    call("context_create", model, ctypes.byref(options), ctypes.byref(context))
    logits = torch.empty(len(images), 1000, device="cuda")
    inputs = (ctypes.c_void_p * 1)(images.data_ptr())
    outputs = (ctypes.c_void_p * 1)(logits.data_ptr())
    run = getattr(library, f"{name}_run_device")
    arguments = (context, ctypes.c_size_t(len(images)), inputs, outputs,
                 ctypes.c_void_p(stream.cuda_stream))

    def queue():
        if run(*arguments) != 0:
            raise RuntimeError(f"{name}_run_device failed")

    def close():
        call("context_destroy", context)
        call("close", model)

    queue.close = close
    queue.logits = logits
    return queue


def onnxruntime(model, precision, images):
    """With TensorRT where ONNX Runtime has it. It runs on a stream of its own and waits for it."""
    import onnxruntime as ort

    providers = [name for name in ("TensorrtExecutionProvider", "CUDAExecutionProvider")
                 if name in ort.get_available_providers()]
    if not providers:
        raise RuntimeError("onnxruntime without CUDA")
    narrow = images.to(DTYPES[precision])
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model.onnx"
        torch.onnx.export(create(model, precision), (narrow,), path, dynamo=True, verbose=False)
        session = ort.InferenceSession(path, providers=providers)
    binding = session.io_binding()
    element = {"f16": 10, "bf16": 16}[precision]  # ONNX's numbers of the types
    binding.bind_input(session.get_inputs()[0].name, "cuda", 0, element, narrow.shape,
                       narrow.data_ptr())
    binding.bind_output(session.get_outputs()[0].name, "cuda")
    return lambda: session.run_with_iobinding(binding)


def product(rows, k, n, precision):
    """A linear without bias, as cuBLAS does it."""
    x = torch.randn(rows, k, device="cuda", dtype=DTYPES[precision])
    weight = torch.randn(n, k, device="cuda", dtype=DTYPES[precision])
    return lambda: functional.linear(x, weight)
