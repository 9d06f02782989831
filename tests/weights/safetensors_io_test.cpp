// Files that are cut, changed or no files at all: rows ST24 and ST25, every truncation, every bit.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "generators/weights/safetensors.h"
#include "tests/weights/support.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::entry;
using testing::file_bytes;
using testing::length_prefix;
using testing::Scratch;

/// Bytes as a file that needs no disk.
RegularFile memory_file(std::string_view bytes) {
  UniqueFd fd(::memfd_create("model", MFD_CLOEXEC));
  EXPECT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return RegularFile::adopt(std::move(fd), "model");
}

std::string code_for_bytes(std::string_view bytes) {
  return code_of([&] { Safetensors::adopt(memory_file(bytes)); });
}

/// Files of different make: tiny, several types, empty tensors, metadata, white space.
std::vector<std::string> seed_files() {
  const std::string a = entry("a.weight", "F32", "[2,3]", 0, 24);
  const std::string b = entry("b.bias", "BF16", "[5]", 24, 34);
  const std::string c = entry("c", "I64", "[]", 34, 42);
  return {file_bytes("{}"), file_bytes("{" + a + "}", std::string(24, 'x')),
          file_bytes("{" + b + "," + c + "," + a + "}   ", std::string(42, 'y')),
          file_bytes(R"({"__metadata__":{"format":"pt","\u0061":"\n"},)" + a + "," +
                         entry("e", "F32", "[0]", 24, 24) + "}",
                     std::string(24, 'z')),
          file_bytes("{" + entry("big", "F16", "[64,32]", 0, 4096) + "}", std::string(4096, 'w'))};
}

TEST(SafetensorsCut, every_shorter_file_is_refused) {
  for (const std::string& bytes : seed_files()) {
    ASSERT_EQ(code_for_bytes(bytes), "");
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), 8);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string wanted = size < 8            ? "ST_TOO_SMALL"
                                 : size < 8 + header ? "ST_HEADER_LENGTH"
                                                     : "ST_COVERAGE";
      EXPECT_EQ(code_for_bytes(std::string_view(bytes).substr(0, size)), wanted) << size;
    }
  }
}

TEST(SafetensorsCut, every_file_that_is_one_byte_longer_is_refused) {
  for (const std::string& bytes : seed_files()) {
    for (int byte = 0; byte < 256; ++byte) {
      EXPECT_EQ(code_for_bytes(bytes + static_cast<char>(byte)), "ST_COVERAGE");
    }
  }
}

TEST(SafetensorsCut, no_flipped_bit_moves_a_tensor_out_of_the_file) {
  int accepted = 0;
  for (const std::string& bytes : seed_files()) {
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), 8);
    for (std::size_t bit = 0; bit < 8 * (8 + header); ++bit) {
      std::string changed = bytes;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
      try {
        const Safetensors file = Safetensors::adopt(memory_file(changed));
        ++accepted;
        std::uint64_t covered = 0;
        for (const TensorInfo& tensor : file.tensors()) {
          ASSERT_LE(tensor.begin, tensor.end);
          ASSERT_LE(tensor.end, changed.size());
          EXPECT_EQ(tensor.byte_count() * 8,
                    element_count(tensor.shape) * dtype_bits(tensor.dtype));
          covered += tensor.byte_count();
        }
        EXPECT_EQ(covered, file.file().size() - 8 - header);
      } catch (const Error& error) {
        EXPECT_EQ(error.exit(), ExitCode::bad_input) << error.what();
      }
    }
  }
  // Letters of names may change freely, so the test is not vacuous.
  EXPECT_GT(accepted, 50);
}

/// A socket of this name, listening to no one.
UniqueFd socket_at(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

TEST(SafetensorsFile, ST24_what_is_not_a_regular_file) {
  const Scratch scratch;
  const auto opening = [](const std::string& path) {
    return code_of([&] { Safetensors::open(path); });
  };
  EXPECT_EQ(opening(scratch.path().string()), "IO_NOT_REGULAR");
  EXPECT_EQ(opening("/dev/zero"), "IO_NOT_REGULAR");
  EXPECT_EQ(opening("/dev/full"), "IO_NOT_REGULAR");
  ASSERT_EQ(::mkfifo(scratch.at("fifo").c_str(), 0600), 0);
  EXPECT_EQ(opening(scratch.at("fifo")), "IO_NOT_REGULAR");
  const UniqueFd socket = socket_at(scratch.at("socket"));
  EXPECT_EQ(opening(scratch.at("socket")), "IO_NOT_REGULAR");
  ASSERT_EQ(::symlink("loop", scratch.at("loop").c_str()), 0);
  EXPECT_EQ(opening(scratch.at("loop")), "IO_OPEN");
  EXPECT_EQ(opening(scratch.at("absent")), "IO_OPEN");
  EXPECT_EQ(opening(scratch.write("empty", "")), "ST_TOO_SMALL");
  std::ofstream(scratch.at("unreadable")) << file_bytes("{}");
  ASSERT_EQ(::chmod(scratch.at("unreadable").c_str(), 0), 0);
  ASSERT_EQ(::chmod(scratch.path().c_str(), 0777), 0);
  const bool root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::seteuid(65534) == 0);
  const std::string code = opening(scratch.at("unreadable"));
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  EXPECT_EQ(code, "IO_OPEN");
}

TEST(SafetensorsFile, ST24_sparse_files_of_absurd_size) {
  const Scratch scratch;
  const std::string path = scratch.write("sparse", length_prefix(UINT64_MAX) + "{}");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 42);
  EXPECT_EQ(code_of([&] { Safetensors::open(path); }), "ST_HEADER_TOO_LARGE");
  std::ofstream(path, std::ios::in | std::ios::binary) << length_prefix(90'000'000) << "{}";
  EXPECT_EQ(code_of([&] { Safetensors::open(path); }), "ST_JSON");
}

TEST(SafetensorsFile, ST24_sparse_files_beyond_the_address_space) {
  const UniqueFd fd(::memfd_create("sparse", MFD_CLOEXEC));
  if (::ftruncate(fd.get(), off_t{1} << 48) != 0) GTEST_SKIP() << "no such large file here";
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get());
  EXPECT_EQ(code_of([&] { Safetensors::open(path); }), "IO_TOO_LARGE");
}

TEST(SafetensorsFile, ST25_a_file_that_shrinks_or_changes_is_an_error) {
  const Scratch scratch;
  const std::string header = "{" + entry("a", "F32", "[1024]", 0, 4096) + "}";
  const std::string bytes = file_bytes(header, std::string(4096, 'x'));
  const std::string path = scratch.write("m", bytes);
  const Safetensors file = Safetensors::open(path);
  std::vector<float> values(1024);
  EXPECT_EQ(code_of([&] { file.read_f32(file.tensors()[0], 0, values); }), "");
  std::filesystem::resize_file(path, 100);
  EXPECT_EQ(code_of([&] { file.read_f32(file.tensors()[0], 0, values); }), "IO_CHANGED");
  scratch.write("m", bytes);
  EXPECT_EQ(code_of([&] { file.read_f32(file.tensors()[0], 0, values); }), "IO_CHANGED");
}

TEST(SafetensorsFile, ST25_a_replaced_file_does_not_matter) {
  const Scratch scratch;
  const std::string header = "{" + entry("a", "U8", "[4]", 0, 4) + "}";
  const Safetensors file = Safetensors::open(scratch.write("m", file_bytes(header, "old.")));
  std::filesystem::rename(scratch.write("n", file_bytes(header, "new.")), scratch.at("m"));
  std::string bytes(4, '\0');
  file.read("a", std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
  EXPECT_EQ(bytes, "old.");
}

TEST(SafetensorsFile, reads_pieces_of_a_tensor_and_nothing_beyond_it) {
  const std::string header = "{" + entry("a", "BF16", "[1000,100]", 0, 200'000) + "," +
                             entry("b", "U8", "[1]", 200'000, 200'001) + "}";
  std::string data(200'001, '\0');
  for (std::size_t i = 0; i < 100'000; ++i) {
    data[2 * i] = static_cast<char>(i % 128);
    data[2 * i + 1] = 0x3F;
  }
  const Safetensors file = Safetensors::adopt(memory_file(file_bytes(header, data)));
  const TensorInfo& a = *file.find("a");
  std::vector<float> whole(100'000), pieces(100'000);
  file.read_f32(a, 0, whole);
  for (std::size_t first = 0; first < whole.size(); first += 777) {
    const std::size_t count = std::min<std::size_t>(777, whole.size() - first);
    file.read_f32(a, first, std::span(pieces).subspan(first, count));
  }
  EXPECT_EQ(whole, pieces);
  EXPECT_EQ(std::bit_cast<std::uint32_t>(whole[127]), 0x3F7F0000u);
  std::vector<float> two(2);
  EXPECT_EQ(code_of([&] { file.read_f32(a, 99'999, two); }), "ST_READ");
  EXPECT_EQ(code_of([&] { file.read_f32(a, UINT64_MAX, two); }), "ST_READ");
  EXPECT_EQ(code_of([&] { file.read_f32(a, 100'000, std::span<float>()); }), "");
  std::vector<std::byte> bytes(2);
  EXPECT_EQ(code_of([&] { file.read_bytes(*file.find("b"), 0, bytes); }), "ST_READ");
  EXPECT_EQ(code_of([&] { file.read_bytes(*file.find("b"), UINT64_MAX, bytes); }), "ST_READ");
  EXPECT_EQ(code_of([&] { file.read("a", bytes); }), "ST_READ");
  EXPECT_EQ(code_of([&] { file.read("absent", {}); }), "ST_READ");
}

}  // namespace
}  // namespace vitgen
