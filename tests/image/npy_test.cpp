#include "tools/image/npy.h"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/base/support.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::Scratch;
using testing::thrown_by;

std::string file_with(const std::string& header, const std::string& data) {
  std::string bytes("\x93NUMPY\1\0", 8);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string code_for(const std::string& bytes) {
  const Scratch scratch;
  const std::string path = scratch.write("a.npy", bytes);
  return code_of([&] { read_npy(path, 1 << 20); });
}

std::string code_for_shape(const std::string& shape, std::size_t data_bytes) {
  return code_for(file_with("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n",
                            std::string(data_bytes, 0)));
}

TEST(Npy, written_bytes_are_those_of_numpy) {
  const Scratch scratch;
  const std::array<float, 3> values = {1, -2, 0.5f};
  const std::array<std::uint64_t, 2> shape = {1, 3};
  write_npy(scratch.at("a.npy"), NpyType::f32, shape, std::as_bytes(std::span(values)));
  // numpy.save(file, numpy.array([[1, -2, 0.5]], 'f4'))
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }";
  header.append(117 - header.size(), ' ');
  header += '\n';
  const std::string data("\0\0\x80\x3f\0\0\0\xc0\0\0\0\x3f", 12);
  EXPECT_EQ(content_of(scratch.at("a.npy")), file_with(header, data));
}

TEST(Npy, what_is_written_reads_back) {
  const Scratch scratch;
  const std::vector<std::uint8_t> values = {1, 2, 3, 4, 5, 6};
  for (const std::vector<std::uint64_t>& shape : std::vector<std::vector<std::uint64_t>>{
           {6}, {2, 3}, {1, 1, 1, 6}, {6, 1, 1, 1, 1, 1, 1, 1}}) {
    write_npy(scratch.at("a.npy"), NpyType::u8, shape, std::as_bytes(std::span(values)));
    const NpyArray array = read_npy(scratch.at("a.npy"));
    EXPECT_EQ(array.type, NpyType::u8);
    EXPECT_EQ(array.shape, shape);
    ASSERT_EQ(array.bytes.size(), 6u);
    EXPECT_EQ(std::memcmp(array.bytes.data(), values.data(), 6), 0);
  }
}

TEST(Npy, scalars_and_empty_arrays_are_arrays) {
  const Scratch scratch;
  const float value = 3;
  write_npy(scratch.at("a.npy"), NpyType::f32, {}, std::as_bytes(std::span(&value, 1)));
  EXPECT_THAT(read_npy(scratch.at("a.npy")).floats(), ::testing::ElementsAre(3));
  const std::array<std::uint64_t, 2> shape = {0, 7};
  write_npy(scratch.at("a.npy"), NpyType::f32, shape, {});
  EXPECT_TRUE(read_npy(scratch.at("a.npy")).floats().empty());
}

TEST(Npy, write_replaces_the_whole_file_and_leaves_nothing_beside_it) {
  const Scratch scratch;
  const std::string path = scratch.write("a.npy", "old");
  const std::array<std::uint64_t, 1> shape = {0};
  write_npy(path, NpyType::u8, shape, {});
  EXPECT_EQ(read_npy(path).shape, std::vector<std::uint64_t>{0});
  const std::filesystem::directory_iterator files(scratch.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(Npy, version_2_headers_are_read) {
  const Scratch scratch;
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";
  std::string bytes("\x93NUMPY\2\0", 8);
  bytes += std::string({static_cast<char>(header.size()), 0, 0, 0}) + header + "ab";
  EXPECT_EQ(read_npy(scratch.write("a.npy", bytes)).shape, std::vector<std::uint64_t>{2});
}

TEST(Npy, what_is_not_npy_is_refused) {
  EXPECT_EQ(code_for(""), "NPY_FORMAT");
  EXPECT_EQ(code_for("\x93NUMPY"), "NPY_FORMAT");
  EXPECT_EQ(code_for(std::string("PK\3\4 an .npz file", 17)), "NPY_FORMAT");
  EXPECT_EQ(code_for(std::string("\x93NUMPY\1\0\xff\xff", 10)), "NPY_FORMAT");
  EXPECT_EQ(code_for(std::string("\x93NUMPY\4\0\1\0{", 11)), "NPY_FORMAT");
  EXPECT_EQ(code_for(std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12)), "NPY_FORMAT");
}

TEST(Npy, header_must_be_the_dict_that_numpy_writes) {
  const auto code = [](const std::string& header) { return code_for(file_with(header, "")); };
  const std::string good = "'descr': '<f4', 'fortran_order': False, 'shape': (0,)";
  EXPECT_EQ(code("{" + good + "}"), "");
  EXPECT_EQ(code("{" + good + "} x"), "NPY_FORMAT");
  EXPECT_EQ(code("{" + good + ", 'more': 1}"), "NPY_FORMAT");
  EXPECT_EQ(code("{" + good + ", 'shape': (0,)}"), "NPY_FORMAT");
  EXPECT_EQ(code("{" + good), "NPY_FORMAT");
  EXPECT_EQ(code("{'descr': '<f4', 'shape': (0,)}"), "NPY_FORMAT");
  EXPECT_EQ(code("{'descr"), "NPY_FORMAT");
  EXPECT_EQ(code("__import__('os')"), "NPY_FORMAT");
}

TEST(Npy, other_types_and_orders_are_refused_by_name) {
  const auto code = [](const std::string& type, const std::string& order) {
    return code_for(
        file_with("{'descr': " + type + ", 'fortran_order': " + order + ", 'shape': (0,)}", ""));
  };
  EXPECT_EQ(code("'<f8'", "False"), "NPY_TYPE");
  EXPECT_EQ(code("'>f4'", "False"), "NPY_TYPE");
  EXPECT_EQ(code("'|O'", "False"), "NPY_TYPE");
  EXPECT_EQ(code("[('a', '<f4')]", "False"), "NPY_TYPE");
  EXPECT_EQ(code("'<f4'", "True"), "NPY_TYPE");
}

TEST(Npy, shape_and_length_must_agree) {
  EXPECT_EQ(code_for_shape("(2, 3)", 24), "");
  EXPECT_EQ(code_for_shape("(2, 3)", 23), "NPY_LENGTH");
  EXPECT_EQ(code_for_shape("(2, 3)", 25), "NPY_LENGTH");
  EXPECT_EQ(code_for_shape("()", 4), "");
  EXPECT_EQ(code_for_shape("(3)", 12), "NPY_FORMAT");
  EXPECT_EQ(code_for_shape("(3 4)", 48), "NPY_FORMAT");
  EXPECT_EQ(code_for_shape("(-1,)", 4), "NPY_FORMAT");
  EXPECT_EQ(code_for_shape("(1,1,1,1,1,1,1,1,1)", 4), "NPY_SHAPE");
}

TEST(Npy, sizes_that_overflow_or_pass_the_limit_take_no_memory) {
  EXPECT_EQ(code_for_shape("(1000000,)", 4), "NPY_SHAPE");
  EXPECT_EQ(code_for_shape("(4294967296, 4294967296)", 4), "NPY_SHAPE");
  EXPECT_EQ(code_for_shape("(99999999999999999999,)", 4), "NPY_SHAPE");
}

TEST(Npy, errors_name_the_file) {
  const Scratch scratch;
  const std::string path = scratch.write("weights.npy", "no");
  const auto thrown = thrown_by([&] { read_npy(path); });
  EXPECT_EQ(thrown.exit, ExitCode::bad_input);
  EXPECT_THAT(thrown.message, ::testing::HasSubstr("weights.npy: not an .npy file"));
}

}  // namespace
}  // namespace vitgen
