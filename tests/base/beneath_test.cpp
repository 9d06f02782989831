#include "generators/base/beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "tests/base/support.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using Opener = UniqueFd (*)(int, const std::string&);

class Beneath : public ::testing::TestWithParam<Opener> {
 protected:
  Beneath() {
    fs::create_directories(scratch_.path() / "root/dir/sub");
    scratch_.write("outside", "secret");
    scratch_.write("root/file", "top");
    scratch_.write("root/dir/file", "in dir");
    fs::create_symlink("file", scratch_.path() / "root/link");
    fs::create_symlink("../outside", scratch_.path() / "root/leaving");
    fs::create_directory_symlink("dir", scratch_.path() / "root/dirlink");
    fs::create_directory_symlink("..", scratch_.path() / "root/up");
    root_ = UniqueFd(::open(scratch_.at("root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

  /// Content of the file, or the name of the error number.
  std::string opened(const std::string& path) {
    const UniqueFd fd = GetParam()(root_.get(), path);
    if (!fd.valid()) return ::strerrorname_np(errno);
    std::string text(20, '\0');
    const ssize_t size = ::read(fd.get(), text.data(), text.size());
    return text.substr(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }

  testing::Scratch scratch_;
  UniqueFd root_;
};

TEST_P(Beneath, opens_files_below_the_root) {
  EXPECT_EQ(opened("file"), "top");
  EXPECT_EQ(opened("dir/file"), "in dir");
  EXPECT_EQ(opened("./dir/./sub/../file"), "in dir");
  EXPECT_EQ(opened("dir/sub/../../file"), "top");
}

TEST_P(Beneath, never_leaves_the_root) {
  EXPECT_EQ(opened("../outside"), "EXDEV");
  EXPECT_EQ(opened("dir/../../outside"), "EXDEV");
  EXPECT_EQ(opened("../root/file"), "EXDEV");
  EXPECT_EQ(opened(scratch_.at("root/file")), "EXDEV");
  EXPECT_EQ(opened("/proc/self/root"), "EXDEV");
}

TEST_P(Beneath, follows_no_symbolic_link) {
  for (const std::string path : {"link", "leaving", "dirlink/file", "up/outside", "up"}) {
    EXPECT_EQ(opened(path), "ELOOP") << path;
  }
}

TEST_P(Beneath, reports_absent_files_and_directories) {
  EXPECT_EQ(opened("absent"), "ENOENT");
  EXPECT_EQ(opened("absent/file"), "ENOENT");
  EXPECT_EQ(opened(""), "ENOENT");
  EXPECT_EQ(opened("file/x"), "ENOTDIR");
  EXPECT_EQ(opened(std::string("fi\0le", 5)), "EINVAL");
}

TEST_P(Beneath, does_not_wait_for_a_fifo) {
  ASSERT_EQ(::mkfifo(scratch_.at("root/fifo").c_str(), 0600), 0);
  EXPECT_EQ(opened("fifo"), "");
}

INSTANTIATE_TEST_SUITE_P(ByKernelAndByHand, Beneath,
                         ::testing::Values(Opener{open_beneath}, Opener{walk_beneath}));

}  // namespace
}  // namespace vitgen
