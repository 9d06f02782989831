#include "generators/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "tests/base/support.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::Scratch;
using testing::thrown_by;

std::string opening(const std::string& path) {
  return code_of([&] { RegularFile::open(path); });
}

TEST(RegularFile, reads_what_was_written) {
  const Scratch scratch;
  const std::string path = scratch.write("f", "0123456789");
  EXPECT_EQ(read_whole(path, 10), "0123456789");
  EXPECT_EQ(read_whole(scratch.write("empty", ""), 0), "");
  const RegularFile file = RegularFile::open(path);
  std::array<std::byte, 3> three{};
  file.pread_exact(three, 4);
  EXPECT_EQ(std::memcmp(three.data(), "456", 3), 0);
}

TEST(RegularFile, refuses_what_is_not_a_regular_file_without_blocking) {
  const Scratch scratch;
  EXPECT_EQ(opening(scratch.path().string()), "IO_NOT_REGULAR");
  EXPECT_EQ(opening("/dev/zero"), "IO_NOT_REGULAR");
  EXPECT_EQ(opening("/dev/full"), "IO_NOT_REGULAR");
  ASSERT_EQ(::mkfifo(scratch.at("fifo").c_str(), 0600), 0);
  EXPECT_EQ(opening(scratch.at("fifo")), "IO_NOT_REGULAR");
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, scratch.at("s").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(opening(scratch.at("s")), "IO_NOT_REGULAR");
}

TEST(RegularFile, reports_files_that_cannot_be_opened) {
  const Scratch scratch;
  EXPECT_EQ(opening(scratch.at("absent")), "IO_OPEN");
  EXPECT_EQ(opening(""), "IO_OPEN");
  EXPECT_EQ(opening(std::string(1 << 20, 'x')), "IO_OPEN");
  ASSERT_EQ(::symlink("b", scratch.at("a").c_str()), 0);
  ASSERT_EQ(::symlink("a", scratch.at("b").c_str()), 0);
  EXPECT_EQ(opening(scratch.at("a")), "IO_OPEN");
  const auto thrown = thrown_by([&] { RegularFile::open(scratch.at("x\ny")); });
  EXPECT_EQ(thrown.message.find('\n'), std::string::npos);
  EXPECT_EQ(thrown.exit, ExitCode::io);
}

TEST(RegularFile, respects_the_limit_before_it_allocates) {
  const Scratch scratch;
  const std::string path = scratch.write("f", "0123456789");
  EXPECT_EQ(code_of([&] { read_whole(path, 9); }), "IO_TOO_LARGE");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 42);
  EXPECT_EQ(code_of([&] { read_whole(path, 1 << 20); }), "IO_TOO_LARGE");
}

TEST(RegularFile, refuses_sparse_files_beyond_the_address_space) {
  const int fd = ::memfd_create("sparse", MFD_CLOEXEC);
  ASSERT_GE(fd, 0);
  if (::ftruncate(fd, (off_t{1} << 47) + 1) != 0) GTEST_SKIP() << "no such large file here";
  EXPECT_EQ(code_of([&] { RegularFile::adopt(UniqueFd(fd), "sparse"); }), "IO_TOO_LARGE");
}

TEST(RegularFile, notices_a_rewrite_while_reading) {
  const Scratch scratch;
  const std::string path = scratch.write("f", "0123456789");
  const RegularFile file = RegularFile::open(path);
  std::array<std::byte, 4> four{};
  EXPECT_EQ(code_of([&] { file.pread_exact(four, 0); }), "");
  std::filesystem::resize_file(path, 5);
  EXPECT_EQ(code_of([&] { file.pread_exact(four, 0); }), "IO_CHANGED");
  EXPECT_EQ(code_of([&] { file.pread_exact(four, 6); }), "IO_CHANGED");
}

TEST(RegularFile, a_replaced_file_stays_the_one_that_was_opened) {
  const Scratch scratch;
  const std::string path = scratch.write("f", "old");
  const RegularFile file = RegularFile::open(path);
  std::filesystem::rename(scratch.write("g", "new content"), path);
  EXPECT_EQ(file.read_whole(100), "old");
}

TEST(RegularFile, reading_past_the_end_is_an_error) {
  const Scratch scratch;
  const RegularFile file = RegularFile::open(scratch.write("f", "0123"));
  std::array<std::byte, 4> four{};
  EXPECT_EQ(code_of([&] { file.pread_exact(four, 1); }), "IO_READ");
}

}  // namespace
}  // namespace vitgen
