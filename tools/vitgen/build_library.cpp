#include "tools/vitgen/build_library.h"

#include <fmt/core.h>

#include <algorithm>

#include "generators/base/file.h"
#include "generators/base/image_limit.h"
#include "tools/emit/kernel_object_code.h"

namespace vitgen {

std::vector<Plan> plans_of(const Network& network, const BuildOptions& options) {
  std::vector<int> batches = options.batches;
  batches.push_back(1);
  std::ranges::sort(batches);
  batches.erase(std::ranges::unique(batches).begin(), batches.end());
  std::vector<Plan> plans;
  for (const int batch : batches) {
    PlanOptions plan = options.plan;
    plan.batch = batch;
    plans.push_back(network.lower(plan));
  }
  return plans;
}

std::vector<OpSpec> distinct_specs(const std::vector<Plan>& plans) {
  std::vector<OpSpec> specs;
  for (const Plan& plan : plans) {
    for (const Step& step : plan.steps) {
      if (std::ranges::find(specs, step.spec) == specs.end()) specs.push_back(step.spec);
    }
  }
  return specs;
}

std::string model_text(const Model& model, const Network& network) {
  return fmt::format("{}: {}", printable(model.title), network.summary());
}

namespace {

// A manifest that is repeated says what decided its kernels' bytes: more than the choice.
void require_same_request(const KernelRequest& request, const KernelChoice& choice,
                          const BuildOptions& options) {
  constexpr std::size_t kTextBytes = 300;
  if (choice.origin != ChoiceOrigin::locked || request.hash() == choice.request_hash) return;
  throw Error(ExitCode::bad_input, "LOCKED_CHANGED",
              fmt::format("{}: request_hash of {} on {} is not that of its schedule {}",
                          printable(options.choices.locked->name),
                          printable(request.spec.text(), kTextBytes), request.machine,
                          printable(request.choice.text(), kTextBytes)),
              std::string(kChangedManifestHint));
}

std::vector<KernelRequest> requests_of(const std::vector<OpSpec>& specs,
                                       const std::vector<KernelChoice>& choices,
                                       const BuildOptions& options) {
  std::vector<KernelRequest> requests;
  for (const OpSpec& spec : specs) {
    for (const Machine* machine : options.machines) {
      const bool on_device = is_device_row(*machine);
      requests.push_back({.spec = spec,
                          .machine = std::string(machine->name),
                          .choice = choices[requests.size()].choice,
                          .features = on_device ? "" : options.features,
                          .instructions = {},
                          .assembler = on_device ? options.assembler.version : ""});
      require_same_request(requests.back(), choices[requests.size() - 1], options);
    }
  }
  return requests;
}

KernelVariant make_variant(const KernelObject& object, const Machine& machine,
                           std::string provenance) {
  KernelVariant variant{.object = object.object,
                        .symbol = object.symbol,
                        .shared_scratch = object.shared_scratch,
                        .task_scratch = object.task_scratch,
                        .choice = object.choice,
                        .provenance = std::move(provenance),
                        .request_hash = object.hash};
  if (is_device_row(machine)) {
    variant.device = parse_device_file(read_whole(object.object.string(), kMaxObjectBytes));
    variant.object.clear();
  }
  return variant;
}

std::vector<LibraryKernel> make_kernels(const std::vector<OpSpec>& specs,
                                        const std::vector<KernelChoice>& choices,
                                        const std::vector<KernelRequest>& requests,
                                        const BuildOptions& options, Progress& progress) {
  const std::vector<KernelObject> objects = compile_kernels(requests, options.farm, progress);
  std::vector<LibraryKernel> kernels;
  auto object = objects.begin();
  auto choice = choices.begin();
  for (const OpSpec& spec : specs) {
    LibraryKernel kernel{.name = object->name,
                         .spec = spec,
                         .operands = operands(spec),
                         .flops = flops(spec),
                         .variants = {}};
    for (const Machine* machine : options.machines) {
      kernel.variants.push_back(make_variant(*object++, *machine, (choice++)->provenance()));
    }
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

// The runtime's limit (runtime/resample_geometry.cpp); a recipe beyond it would be refused there.
void check_recipe(const Preprocess& p) {
  if (std::max({p.resize_h, p.resize_w, p.crop_h, p.crop_w}) <= kMaxImageEdge) return;
  throw Error(
      ExitCode::bad_input, "CFG_RANGE",
      fmt::format("images would be resized to {}x{}; at most {} pixels an edge are possible",
                  p.resize_h, p.resize_w, kMaxImageEdge));
}

vitgen_preprocess_recipe recipe_of(const Preprocess& p, DType input) {
  check_recipe(p);
  vitgen_preprocess_recipe recipe{};
  recipe.resize = static_cast<std::int32_t>(p.resize);
  recipe.filter = static_cast<std::int32_t>(p.filter);
  recipe.pass_order = VITGEN_PASSES_PILLOW_13;
  recipe.resize_h = static_cast<std::int32_t>(p.resize_h);
  recipe.resize_w = static_cast<std::int32_t>(p.resize_w);
  recipe.crop = static_cast<std::int32_t>(p.crop);
  recipe.crop_h = static_cast<std::int32_t>(p.crop_h);
  recipe.crop_w = static_cast<std::int32_t>(p.crop_w);
  recipe.channels = static_cast<std::int32_t>(p.channels);
  recipe.pixel_type = input == DType::u8 ? VITGEN_PIXEL_U8_INTERLEAVED : VITGEN_PIXEL_F32;
  for (std::size_t c = 0; c < 4; ++c) {
    recipe.fill[c] = p.fill[c];
    recipe.mean[c] = p.mean[c];
    recipe.std[c] = p.std_dev[c];
  }
  recipe.rescale = p.rescale;
  return recipe;
}

LibraryModel library_model(const ModelSource& source, const BuildOptions& options,
                           const Port& input) {
  const Model& model = source.model;
  const Network sized = model.network.sized_for(options.plan);
  LibraryModel library{.text = model_text(model, sized),
                       .facts = Json::object(),
                       .labels = model.labels,
                       .preprocess = std::nullopt,
                       .sources = source.files,
                       .licence = {}};
  library.facts["architecture"] = model.title;
  library.facts["weights"] = source.weights.description();
  library.facts["parameters"] = model.parameters;
  library.facts["naming"] = model.naming;
  // What `verify -m` needs to lower the model's files to the same plan again.
  library.facts["set"] = source.overrides.text();
  library.facts["without_passes"] = options.plan.disabled_passes;
  if (options.plan.precision != DType::f32) {
    library.facts["precision"] = enum_text(options.plan.precision);
  }
  for (const auto& [key, value] : sized.fields().values) library.facts["spec"][key] = value;
  const std::optional<ImageExtents> image = image_extents(input);
  if (model.preprocess && image) {
    library.preprocess =
        recipe_of(resized(*model.preprocess, image->height, image->width), input.dtype);
  }
  return library;
}

// Which schedule each kernel has and where it is from; of the rules' defaults only how many.
void tell_choices(const std::vector<KernelChoice>& choices, const BuildOptions& options) {
  const auto say = [](const Note& note, const std::string& text) {
    if (note) note(text);
  };
  say(options.note, fmt::format("{}; `vitgen explain {} --stage choice` lists them",
                                choice_summary(choices), printable(options.directory)));
  for (const KernelChoice& choice : choices) {
    const bool plain = choice.origin == ChoiceOrigin::rule;
    say(plain ? options.detail : options.note, "  " + choice_line(choice));
  }
}

}  // namespace

LibraryFiles build_library(const ModelSource& source, const BuildOptions& options,
                           Progress& progress) {
  std::vector<Plan> plans = plans_of(source.model.network, options);
  LibraryModel model = library_model(source, options, plans.front().inputs.front());
  LibraryRequest request{.name = options.name,
                         .directory = options.directory,
                         .model = std::move(model),
                         .plans = std::move(plans),
                         .machines = options.machines,
                         .kernels = {},
                         .tuning_records = Json::array(),
                         .assembler = {},
                         .weight = {},
                         .emit_archive = options.emit_archive,
                         .emit_shared = options.emit_shared,
                         .sanitized = !options.features.empty(),
                         .embed_weights = options.embed_weights};
  const std::vector<OpSpec> specs = distinct_specs(request.plans);
  const std::vector<KernelChoice> choices =
      choose_kernels(specs, options.machines, options.choices, options.note);
  const std::vector<KernelRequest> kernels = requests_of(specs, choices, options);
  tell_choices(choices, options);
  request.kernels = make_kernels(specs, choices, kernels, options, progress);
  request.tuning_records = used_records(choices);
  request.assembler = options.assembler.version;
  request.weight = [&source](const Weight& weight) {
    return evaluate(weight.value, source.weights);
  };
  return emit_library(request, progress);
}

}  // namespace vitgen
