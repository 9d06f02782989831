#include "generators/weights/npz.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>

#include "generators/weights/weight_source.h"
#include "tests/base/support.h"
#include "tests/weights/zip_bytes.h"

namespace vitgen {
namespace {

using testing::npy_bytes;
using testing::Scratch;
using testing::Thrown;
using testing::thrown_by;
using testing::zip_bytes;
using testing::ZipRow;

const std::string one("\0\0\x80\x3F", 4);  // 1.0f
const std::string two("\0\0\0\x40", 4);    // 2.0f
const std::string half_one("\0\x3C", 2);   // 1 in binary16
const std::string brain_two("\0\x40", 2);  // 2 in bfloat16

ZipRow array(const std::string& name, const std::string& type, const std::string& shape,
             const std::string& data) {
  return {name + ".npy", npy_bytes("'" + type + "'", shape, data)};
}

Thrown refusal(const std::string& bytes) {
  const Scratch scratch;
  const std::string path = scratch.write("model.npz", bytes);
  return thrown_by([&] { Npz::open(path); });
}

std::string code_for(const std::string& bytes) { return refusal(bytes).code; }

/// Of an archive with `row` behind a good entry.
std::string code_for_row(const ZipRow& row) {
  return code_for(zip_bytes({array("good", "<f4", "(1,)", one), row}));
}

/// Of an archive whose only entry holds these bytes.
std::string code_for_npy(const std::string& bytes) {
  return code_for(zip_bytes({{"a.npy", bytes}}));
}

/// The code of reading the first tensor to its end.
Thrown refusal_to_read(const std::string& bytes) {
  const Scratch scratch;
  const WeightSource source = WeightSource::open(scratch.write("model.npz", bytes));
  return thrown_by([&] { source.read_f32(source.tensors().at(0).name); });
}

/// A raw deflate stream of one block that is stored as it is.
std::string deflated(const std::string& bytes) {
  return "\1" + testing::little_endian(bytes.size(), 2) + testing::little_endian(~bytes.size(), 2) +
         bytes;
}

TEST(Npz, reads_names_types_shapes_and_values) {
  const Scratch scratch;
  const std::string path = scratch.write(
      "model.npz",
      zip_bytes({array("params/head/kernel", "<f4", "(1, 2)", one + two),
                 array("cls", "<f2", "(2,)", half_one + half_one),
                 array("pos", "|V2", "()", brain_two), array("opt/step", "<i8", "()", one + two),
                 array("empty", "<f4", "(0, 3)", "")}));
  const WeightSource source = WeightSource::open(path);
  ASSERT_EQ(source.tensors().size(), 5u);
  EXPECT_EQ(source.require("params/head/kernel", {1, 2}).byte_count(), 8u);
  EXPECT_EQ(source.read_f32("params/head/kernel"), (std::vector<float>{1, 2}));
  EXPECT_EQ(source.read_f32("cls"), (std::vector<float>{1, 1}));
  EXPECT_EQ(source.read_f32("pos"), std::vector<float>{2});
  EXPECT_EQ(source.read_f32("empty"), std::vector<float>{});
  EXPECT_EQ(source.find("opt/step")->dtype, StoredType::i64);
  EXPECT_EQ(thrown_by([&] { source.require("opt/step", {}); }).code, "MODEL_DTYPE");
  const Thrown thrown = thrown_by([&] { source.read_f32("opt/step"); });
  EXPECT_EQ(thrown.code, "NPY_TYPE");
  EXPECT_NE(thrown.message.find("opt/step: elements are I64"), std::string::npos);
}

TEST(Npz, pieces_are_read_in_any_order) {
  std::string data;
  for (std::uint64_t i = 0; i < 200'000; ++i) data += testing::little_endian(i % 1024 << 13, 4);
  const Scratch scratch;
  const Npz file =
      Npz::open(scratch.write("m.npz", zip_bytes({array("a", "<f4", "(200000,)", data)})));
  const auto bits_at = [&](std::uint64_t first) {
    std::array<float, 3> piece{};
    file.read_f32(file.tensors()[0], first, piece);
    std::array<std::uint32_t, 3> bits{};
    for (std::size_t i = 0; i < 3; ++i) bits[i] = std::bit_cast<std::uint32_t>(piece[i]) >> 13;
    return bits;
  };
  for (const std::uint64_t first : {0u, 3u, 6u, 150'000u, 150'003u, 12u, 199'997u, 0u}) {
    const auto low = static_cast<std::uint32_t>(first);
    EXPECT_EQ(bits_at(first),
              (std::array<std::uint32_t, 3>{low % 1024, (low + 1) % 1024, (low + 2) % 1024}))
        << first;
  }
}

TEST(Npz, packed_entries_are_unpacked) {
  const std::string npy = npy_bytes("'<f4'", "(2,)", one + two);
  const ZipRow row{
      "a.npy", deflated(npy), 8, 0, static_cast<std::int64_t>(npy.size()), testing::crc32_of(npy)};
  EXPECT_EQ(refusal_to_read(zip_bytes({row})).code, "");
}

TEST(Npz, NZ1_a_file_that_is_no_zip_or_is_cut_off) {
  const std::string good = zip_bytes({array("a", "<f4", "(1,)", one)});
  EXPECT_EQ(code_for(good), "");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(code_for(good.substr(0, size)), "NPZ_ZIP") << size;
  }
  EXPECT_EQ(code_for("\x93NUMPY"), "NPZ_ZIP");
  EXPECT_NE(refusal("no").hint.find("numpy.savez"), std::string::npos);
}

TEST(Npz, NZ2_bytes_before_or_after_the_archive) {
  const std::string good = zip_bytes({array("a", "<f4", "(1,)", one)});
  EXPECT_EQ(code_for("#!/bin/sh\n" + good), "NPZ_ZIP");
  EXPECT_EQ(code_for(good + "x"), "NPZ_ZIP");
}

TEST(Npz, NZ3_directory_and_entries_that_disagree) {
  const std::string good = zip_bytes({array("a", "<f4", "(1,)", one)});
  // Method, checksum, both sizes and the name of the local header.
  for (const std::size_t at : {8u, 14u, 18u, 22u, 26u, 30u}) {
    std::string bytes = good;
    bytes[at] ^= 1;
    EXPECT_EQ(code_for(bytes), "NPZ_ZIP") << at;
  }
  ZipRow larger = array("a", "<f4", "(1,)", one);
  larger.bytes = 1000;
  EXPECT_EQ(code_for(zip_bytes({larger})), "NPZ_ZIP");
}

TEST(Npz, NZ4_duplicate_entries) {
  EXPECT_EQ(code_for_row(array("good", "<f4", "(1,)", two)), "NPZ_DUP");
}

TEST(Npz, NZ5_encrypted_or_packed_otherwise) {
  ZipRow row = array("a", "<f4", "(1,)", one);
  row.flags = 1;
  EXPECT_EQ(code_for_row(row), "NPZ_METHOD");
  for (const std::uint64_t method : {1u, 9u, 12u, 14u, 93u}) {
    ZipRow other = array("a", "<f4", "(1,)", one);
    other.method = method;
    EXPECT_EQ(code_for_row(other), "NPZ_METHOD") << method;
  }
}

TEST(Npz, NZ6_names_that_are_no_names_of_arrays) {
  for (const std::string name :
       {"a", "a.txt", "dir/", ".npy", "/a.npy", "../a.npy", "a/../b.npy", "a/./b.npy", "a//b.npy",
        "a/.npy", "..\\a.npy", "a\nb.npy", "a\x7F.npy", "\xFF.npy", "C:\\a.npy"}) {
    EXPECT_EQ(code_for_row({name, npy_bytes("'<f4'", "(1,)", one)}), "NPZ_NAME") << name;
  }
  const std::string longest(NpzLimits::name_bytes, 'n');
  EXPECT_EQ(code_for_row(array(longest, "<f4", "(1,)", one)), "");
  EXPECT_EQ(code_for_row(array(longest + "n", "<f4", "(1,)", one)), "NPZ_NAME");
}

TEST(Npz, NZ6_a_pytorch_file_is_named) {
  const Thrown thrown = refusal(zip_bytes({{"archive/data.pkl", "\x80\2}q"}}));
  EXPECT_EQ(thrown.code, "NPZ_NAME");
  EXPECT_NE(thrown.hint.find("tools/pth_to_safetensors.py"), std::string::npos) << thrown.hint;
}

TEST(Npz, NZ7_more_entries_than_the_limit) {
  std::vector<ZipRow> rows;
  for (std::size_t i = 0; i <= ZipLimits::entries; ++i) rows.push_back({std::to_string(i), ""});
  EXPECT_EQ(code_for(zip_bytes(rows)), "NPZ_LIMIT");
}

TEST(Npz, NZ8_arrays_larger_than_any_tensor) {
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(2147483649,)", one)), "NPZ_LIMIT");
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(4294967296, 4294967296)", one)), "NPZ_LIMIT");
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(2147483648,)", one)), "NPY_LENGTH");
}

TEST(Npz, NZ9_bombs) {
  const std::string npy = npy_bytes("'<f4'", "(1,)", one);
  const ZipRow bomb{"a.npy", deflated(npy), 8, 0, 1'000'000'000, 0};
  const Thrown thrown = refusal(zip_bytes({bomb}));
  EXPECT_EQ(thrown.code, "NPZ_RATIO");
  EXPECT_NE(thrown.message.find("1000000000 bytes cannot come from"), std::string::npos);
}

TEST(Npz, NZ9_entries_that_share_their_bytes) {
  // The data of one entry holds the other, as in bombs of many layers.
  const auto local = [](const ZipRow& row) {
    return "PK\3\4" + testing::zip_facts(row) + row.name + row.packed;
  };
  const ZipRow inner = array("inner", "<f4", "(4096,)", std::string(16384, 'x'));
  const std::string inside = local(inner);
  const ZipRow outer = array("outer", "|u1", "(" + std::to_string(inside.size()) + ",)", inside);
  const std::string body = local(outer);
  const auto entry = [](const ZipRow& row, std::uint64_t at) {
    return "PK\1\2" + testing::little_endian(20, 2) + testing::zip_facts(row) +
           std::string(10, '\0') + testing::little_endian(at, 4) + row.name;
  };
  const std::string directory = entry(outer, 0) + entry(inner, body.size() - inside.size());
  EXPECT_EQ(code_for(body + directory + testing::zip_end(2, directory.size(), body.size())),
            "NPZ_RATIO");
}

TEST(Npz, NZ10_entries_that_are_no_npy) {
  EXPECT_EQ(code_for_npy(""), "NPY_FORMAT");
  EXPECT_EQ(code_for_npy("text"), "NPY_FORMAT");
  std::string version = npy_bytes("'<f4'", "(1,)", one);
  version[6] = 4;
  EXPECT_EQ(code_for_npy(version), "NPY_FORMAT");
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(3)", std::string(12, '\0'))), "NPY_FORMAT");
  const std::string spaces(NpzLimits::header_bytes, ' ');
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(1,)" + spaces, one)), "NPY_FORMAT");
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(1,1,1,1,1,1,1,1,1)", one)), "NPY_SHAPE");
}

TEST(Npz, NZ11_types_that_no_weights_have) {
  for (const std::string_view type : {"'>f4'", "'|O'", "'<U3'", "'|S3'", "'<c16'", "'<f16'",
                                      "'|V4'", "'<M8[ns]'", "''", "[('x', '<f4')]"}) {
    EXPECT_EQ(code_for_npy(npy_bytes(type, "(1,)", one)), "NPY_TYPE") << type;
  }
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(1, 1)", one, "True")), "NPY_TYPE");
}

TEST(Npz, NZ12_data_shorter_or_longer_than_the_shape) {
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(2,)", one)), "NPY_LENGTH");
  EXPECT_EQ(code_for_npy(npy_bytes("'<f4'", "(1,)", one + "x")), "NPY_LENGTH");
}

TEST(Npz, NZ13_a_checksum_that_is_wrong) {
  ZipRow row = array("a", "<f4", "(2,)", one + two);
  row.crc = 1;
  const Thrown thrown = refusal_to_read(zip_bytes({row}));
  EXPECT_EQ(thrown.code, "NPZ_DATA");
  EXPECT_NE(thrown.message.find("a.npy"), std::string::npos) << thrown.message;
  EXPECT_NE(thrown.message.find("CRC"), std::string::npos) << thrown.message;
}

TEST(Npz, NZ14_packed_bytes_that_do_not_unpack) {
  const std::string npy = npy_bytes("'<f4'", "(2,)", one + two);
  const auto code = [&](const std::string& packed, std::size_t bytes) {
    const Scratch scratch;
    const std::string path =
        scratch.write("m.npz", zip_bytes({{"a.npy", packed, 8, 0, static_cast<std::int64_t>(bytes),
                                           testing::crc32_of(npy)}}));
    return testing::code_of([&] { WeightSource::open(path).read_f32("a"); });
  };
  EXPECT_EQ(code(deflated(npy), npy.size()), "");
  EXPECT_EQ(code("\7" + deflated(npy), npy.size()), "NPZ_DATA");
  EXPECT_EQ(code(deflated(npy.substr(0, npy.size() - 1)), npy.size()), "NPZ_DATA");
  EXPECT_EQ(code(deflated(npy).substr(0, npy.size() - 20), npy.size()), "NPZ_DATA");
  EXPECT_EQ(code(deflated(npy + "more"), npy.size()), "NPZ_DATA");
}

TEST(Npz, NZ15_a_file_that_changes_meanwhile) {
  const Scratch scratch;
  const std::string bytes = zip_bytes({array("a", "<f4", "(1,)", one)});
  const WeightSource source = WeightSource::open(scratch.write("model.npz", bytes));
  scratch.write("model.npz", bytes + bytes);
  EXPECT_EQ(testing::code_of([&] { source.read_f32("a"); }), "IO_CHANGED");
  EXPECT_EQ(testing::code_of([&] { Npz::open(scratch.at("absent.npz")); }), "IO_OPEN");
  EXPECT_EQ(testing::code_of([&] { Npz::open(scratch.path().string()); }), "IO_NOT_REGULAR");
}

TEST(Npz, values_that_are_not_finite_are_counted_and_with_strict_refused) {
  const Scratch scratch;
  const std::string infinite("\0\0\x80\x7F", 4);
  const std::string path =
      scratch.write("model.npz", zip_bytes({array("a", "<f4", "(2,)", one + infinite)}));
  const WeightSource source = WeightSource::open(path, {.shards = {}, .strict = true});
  EXPECT_EQ(source.count_nonfinite(source.tensors()[0]), 1u);
  EXPECT_EQ(testing::code_of([&] { source.read_f32("a"); }), "MODEL_NONFINITE");
}

}  // namespace
}  // namespace vitgen
