// Models of published sizes, with weights from a seed that tools/make_full_fixtures.py shares: only
// PyTorch's results, and the shapes of what no architecture of timm stands for, are stored.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "generators/weights/random_weights.h"
#include "tests/vitgen/npy_values.h"
#include "tests/vitgen/program.h"
#include "tests/weights/zip_bytes.h"
#include "tools/image/npy.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<float> seeded(const std::string& name, const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  random_values(name, shape, 1, 0, values);
  return values;
}

/// Writes the seeded input `name` to `path`.
void write_input(const std::string& path, const std::string& name, const Shape& shape) {
  const std::vector<float> values = seeded(name, shape);
  const std::vector<std::uint64_t> extents(shape.begin(), shape.end());
  write_npy(path, NpyType::f32, extents, std::as_bytes(std::span(values)));
}

/// What a library wrote, against PyTorch's `stored` values in both precisions. Our sums are added
/// one term after another, PyTorch's in blocks: k random terms of deviation s are sqrt(k) s in the
/// end, and roundings of each partial sum i, at most u sqrt(i) s and uniform in between, make up
/// u sqrt(k / 6) of that. Twice, since errors are random, too.
void expect_near_pytorch(const fs::path& written, const std::string& stored, double terms = 0) {
  const std::vector<double> got = read_values(written);
  const std::vector<double> exact = read_values(fixture("full") + "/" + stored + "_f64.npy");
  const std::vector<double> torch = read_values(fixture("full") + "/" + stored + "_f32.npy");
  ASSERT_EQ(got.size(), exact.size());
  const double sums = 2 * 0x1p-24 * std::sqrt(terms / 6);
  EXPECT_LE(compare(got, exact).relative(),
            allowed(compare(torch, exact).relative(), exact.size()) + sums)
      << stored;
}

struct FullModel {
  const char* stored;  ///< name of PyTorch's results
  const char* architecture;
  int edge;
  const char* output;
  std::vector<std::string> more = {};  ///< arguments of generate
};

/// iRPE's DeiT is timm's ViT of the same size with the authors' word for what it is on.
std::vector<std::string> relative(const std::string& on) {
  return {"--set", "relative=rpe-1.9-product-ctx-1-" + on};
}

class FullSizeFull : public ::testing::TestWithParam<FullModel> {};

INSTANTIATE_TEST_SUITE_P(
    All, FullSizeFull,
    ::testing::Values(
        FullModel{"vit_tiny_patch16_224", "vit_tiny_patch16_224", 224, "logits"},
        FullModel{"vit_small_patch16_224", "vit_small_patch16_224", 224, "logits"},
        FullModel{"vit_small_patch14_dinov2", "vit_small_patch14_dinov2", 518, "pooled"},
        FullModel{"vit_small_patch16_dinov3", "vit_small_patch16_dinov3", 256, "pooled"},
        FullModel{"eva02_tiny_patch14_224",
                  "eva02_tiny_patch14_224",
                  224,
                  "logits",
                  {"--set", "classes=1000"}},
        FullModel{"beit_base_patch16_224", "beit_base_patch16_224", 224, "logits"},
        FullModel{"tnt_s_patch16_224", "tnt_s_patch16_224", 224, "logits"},
        FullModel{"tnt_s_legacy_patch16_224", "tnt_s_legacy_patch16_224", 224, "logits"},
        FullModel{"tnt_b_patch16_224", "tnt_b_patch16_224", 224, "logits"},
        FullModel{"deit_tiny_distilled_patch16_224", "deit_tiny_distilled_patch16_224", 224,
                  "logits"},
        FullModel{"vit_small_patch14_reg4_dinov2", "vit_small_patch14_reg4_dinov2", 518, "pooled"},
        FullModel{"vit_base_patch16_siglip_224", "vit_base_patch16_siglip_224", 224, "pooled"},
        FullModel{"irpe_tiny_k", "vit_tiny_patch16_224", 224, "logits", relative("k")},
        FullModel{"irpe_small_qkv", "vit_small_patch16_224", 224, "logits", relative("qkv")},
        FullModel{"irpe_base_qk", "vit_base_patch16_224", 224, "logits", relative("qk")}),
    [](const auto& each) { return each.param.stored; });

TEST_P(FullSizeFull, SeededModelEqualsTheOriginalCode) {
  const FullModel& model = GetParam();
  const fs::path library = scratch() / model.stored;
  std::vector<std::string> generate = {
      "generate", "-q",        "--arch",     model.architecture, "--random-weights",
      "1",        "--outputs", model.output, "--name",           "full",
      "--emit",   "so",        "-o",         library.string()};
  generate.insert(generate.end(), model.more.begin(), model.more.end());
  must_run(generate);
  const std::string in = (scratch() / "in.npy").string();
  const std::string out = (scratch() / "out.npy").string();
  write_input(in, "input_tokens", {1, 3, model.edge, model.edge});
  must_run({"run", library.string(), "-q", "--input", in, "--output", out});
  expect_near_pytorch(out, std::string(model.stored) + "_" + model.output);
}

std::string bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), sizeof(float) * values.size()};
}

/// The seeded tensors, whose names and shapes `tensors` has, in a folder's model.safetensors.
void write_safetensors(const fs::path& folder, const json& tensors) {
  json header;
  std::uint64_t end = 0;
  for (const auto& [name, shape] : tensors.items()) {
    const std::uint64_t begin = end;
    end += sizeof(float) * element_count(shape.get<Shape>());
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::ofstream file(folder / "model.safetensors", std::ios::binary);
  file << testing::little_endian(text.size(), 8) << text;
  for (const auto& [name, shape] : tensors.items()) {
    file << bytes_of(seeded(name, shape.get<Shape>()));
  }
}

/// The same in a folder's model.npz: flax's names have slashes.
void write_npz(const fs::path& folder, const json& tensors) {
  std::vector<testing::ZipRow> rows;
  for (const auto& [name, shape] : tensors.items()) {
    std::string axes = "(";
    for (const std::int64_t axis : shape.get<Shape>()) axes += std::to_string(axis) + ", ";
    const std::string data = bytes_of(seeded(name, shape.get<Shape>()));
    rows.push_back(
        {.name = name + ".npy", .packed = testing::npy_bytes("'<f4'", axes + ")", data)});
  }
  std::ofstream(folder / "model.npz", std::ios::binary) << testing::zip_bytes(rows);
}

void write_model(const fs::path& folder, const json& model) {
  fs::create_directory(folder);
  const json& tensors = model["tensors"];
  const bool slashes = tensors.begin().key().find('/') != std::string::npos;
  (slashes ? write_npz : write_safetensors)(folder, tensors);
  if (!model["config"].is_null()) std::ofstream(folder / "config.json") << model["config"];
}

/// Terms of the longest sum: what a matrix or a convolution's filter has for one output.
double longest_sum(const json& tensors) {
  std::int64_t longest = 1;
  for (const auto& [name, json_shape] : tensors.items()) {
    const Shape shape = json_shape.get<Shape>();
    if (shape.size() == 2) longest = std::max({longest, shape[0], shape[1]});
  }
  return static_cast<double>(longest);
}

class DescribedFull : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> described() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fixture("full"))) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, DescribedFull, ::testing::ValuesIn(described()),
                         [](const auto& each) { return each.param; });

TEST_P(DescribedFull, SeededModelEqualsTheOriginalCode) {
  const json model = json::parse(std::ifstream(fixture("full") + "/" + GetParam() + ".json"));
  const fs::path folder = scratch() / "model";
  write_model(folder, model);
  const std::string library = (scratch() / "library").string();
  must_run(
      {"generate", "-q", "-m", folder.string(), "--name", "full", "--emit", "so", "-o", library});
  std::vector<std::string> run = {"run", library, "-q", "--input"};
  for (const auto& [name, shape] : model["inputs"].items()) {
    const std::string path = (scratch() / (name + ".npy")).string();
    Shape whole = shape.get<Shape>();
    whole.insert(whole.begin(), 1);
    write_input(path, "input_tokens." + name, whole);
    run.push_back(name + "=" + path);
  }
  for (const std::string output : model["outputs"]) {
    const fs::path out = scratch() / (output + ".npy");
    std::vector<std::string> arguments = run;
    arguments.insert(arguments.end(), {"--output", out.string(), "--output-name", output});
    must_run(arguments);
    expect_near_pytorch(out, GetParam() + "_" + output, longest_sum(model["tensors"]));
  }
}

}  // namespace
}  // namespace vitgen
