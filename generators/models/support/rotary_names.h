#pragma once
// What models with rotary positions call their tensors: parts of the tables of naming schemes.

#include "generators/plan/tensor_names.h"

namespace vitgen {

/// timm's Eva, from the names of DeiT III, with which it shares those of LayerScale: the biases of
/// q and v are tensors of their own. Its DINOv3 models are the same class.
TensorNames eva_names(TensorNames deit3);

/// Its larger ones, which have a tensor each for q, k and v.
TensorNames eva_split_names(TensorNames deit3);

/// transformers, DINOv3: the convolution of the patches is a tensor of the embeddings themselves.
TensorNames hf_dinov3_names();

/// The same in memory, where the blocks are a model of their own.
TensorNames hf5_dinov3_names();

}  // namespace vitgen
