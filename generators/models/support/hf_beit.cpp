#include "generators/models/support/hf_beit.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/models/support/config_read.h"

namespace vitgen {

namespace {

RelativePosition read_relative(const JsonFile& config, const VitSpec& spec) {
  const bool own = get_bool_or(config, "use_relative_position_bias", false);
  const bool common = get_bool_or(config, "use_shared_relative_position_bias", false);
  if (own && common) {
    json_error(config, "use_shared_relative_position_bias", "CFG_UNSUPPORTED",
               "a table for all blocks beside one in each is not supported",
               "published models have one or the other");
  }
  if ((own || common) && spec.grid_h != spec.grid_w) {
    // It takes the table's rows for its columns, and resamples it even for the model's own size.
    json_error(
        config, "image_size", "CFG_UNSUPPORTED",
        fmt::format("relative positions of {}x{} patches: transformers mixes up rows and "
                    "columns of such tables",
                    spec.grid_h, spec.grid_w),
        "the image that the model was trained with has to be square; --image may be another");
  }
  if (own) return parse_relative("bias");
  return common ? parse_relative("shared-bias") : RelativePosition{};
}

}  // namespace

void read_beit_blocks(const JsonFile& config, VitSpec& spec) {
  const bool absolute = get_bool_or(config, "use_absolute_position_embeddings", false);
  spec.positions = absolute ? Positions::learned : Positions::none;
  spec.position_prefix = absolute ? 1 : 0;
  spec.relative = read_relative(config, spec);
  spec.relative_resample = tensors::Resample::torch_bilinear;
  spec.q_bias = spec.v_bias = true;
  spec.k_bias = false;
  spec.layer_scale = get_number_or(config, "layer_scale_init_value", 0.1, -1e6, 1e6) > 0;
}

void read_beit_pooling(const JsonFile& config, const WeightSource* weights, VitModel& model) {
  for (const char* head : {"ForMaskedImageModeling", "ForSemanticSegmentation"}) {
    if (!model.architecture.ends_with(head)) continue;
    json_error(config, "architectures", "CFG_UNSUPPORTED",
               fmt::format("the head of {} is not supported", printable(model.architecture)),
               "\"architectures\": [\"BeitModel\"] reads the encoder alone");
  }
  VitSpec& spec = model.spec;
  const bool mean = get_bool_or(config, "use_mean_pooling", true);
  spec.pooling = mean ? Pooling::mean : Pooling::token;
  spec.final_norm = mean ? FinalNorm::after_pool : FinalNorm::before_pool;
  // An encoder without its pooler, as backbones and other heads have it, has no norm of the mean.
  const bool bare = weights && !weights->has(tensor_name(spec.names.fc_norm, "weight"));
  if (mean && bare && !weights->has(tensor_name(spec.names.head, "weight"))) {
    spec.final_norm = FinalNorm::none;
  }
}

}  // namespace vitgen
