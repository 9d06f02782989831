#include "generators/base/output_set.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <map>

#include "generators/base/file.h"
#include "generators/base/unique_fd.h"
#include "tests/base/support.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using testing::code_of;
using testing::Scratch;
using testing::thrown_by;

/// Every path below `root` with its content ("/" for directories).
std::map<std::string, std::string> tree(const fs::path& root) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = fs::relative(entry.path(), root).string();
    found[name] = entry.is_directory() ? "/" : read_whole(entry.path().string(), 1 << 20);
  }
  return found;
}

using Tree = std::map<std::string, std::string>;

void write_set(const std::string& directory, const std::string& version) {
  OutputSet out(directory);
  out.add("m.h", "header " + version);
  out.add("m.manifest.json", "manifest " + version);
  out.add("m.a", "archive " + version);
  out.commit("m.manifest.json");
}

Tree expected_set(const std::string& version) {
  return {{"m.h", "header " + version},
          {"m.manifest.json", "manifest " + version},
          {"m.a", "archive " + version}};
}

TEST(OutputSet, creates_the_directory_and_its_parents) {
  const Scratch scratch;
  write_set(scratch.at("a/b/c/"), "1");
  EXPECT_EQ(tree(scratch.path() / "a/b/c"), expected_set("1"));
}

TEST(OutputSet, replaces_a_previous_set_and_leaves_other_files) {
  const Scratch scratch;
  scratch.write("notes.txt", "mine");
  write_set(scratch.path().string(), "1");
  write_set(scratch.path().string(), "2");
  Tree expected = expected_set("2");
  expected["notes.txt"] = "mine";
  EXPECT_EQ(tree(scratch.path()), expected);
}

TEST(OutputSet, leaves_no_trace_when_it_is_not_committed) {
  const Scratch scratch;
  {
    OutputSet out(scratch.at("new/deep"));
    out.add("m.h", "header");
    EXPECT_EQ(tree(scratch.path()).size(), 4u);
  }
  EXPECT_EQ(tree(scratch.path()), Tree{});
}

TEST(OutputSet, shows_nothing_before_the_commit) {
  const Scratch scratch;
  write_set(scratch.path().string(), "1");
  OutputSet out(scratch.path().string());
  out.add("m.h", "header 2");
  EXPECT_EQ(read_whole(scratch.at("m.h"), 100), "header 1");
}

TEST(OutputSet, takes_files_that_other_programs_wrote) {
  const Scratch scratch;
  OutputSet out(scratch.path().string());
  std::ofstream(out.staged_path("m.so")) << "elf";
  out.commit("m.so");
  EXPECT_EQ(read_whole(scratch.at("m.so"), 100), "elf");
}

TEST(OutputSet, refuses_names_with_a_path) {
  const Scratch scratch;
  OutputSet out(scratch.path().string());
  for (const std::string_view name : {"", ".", "..", "a/b", "../a", "/etc/x"}) {
    EXPECT_EQ(code_of([&] { out.staged_path(name); }), "IO_CREATE") << name;
  }
  EXPECT_EQ(code_of([&] { out.commit("absent"); }), "IO_RENAME");
}

TEST(OutputSet, undoes_renames_when_a_later_one_fails) {
  const Scratch scratch;
  write_set(scratch.path().string(), "1");
  fs::remove(scratch.at("m.a"));
  fs::create_directory(scratch.at("m.a"));
  const Tree before = tree(scratch.path());
  const auto thrown = thrown_by([&] { write_set(scratch.path().string(), "2"); });
  EXPECT_EQ(thrown.code, "IO_RENAME");
  EXPECT_EQ(thrown.exit, ExitCode::io);
  EXPECT_EQ(tree(scratch.path()), before);
}

TEST(OutputSet, undoes_renames_that_are_done_already) {
  const Scratch scratch;
  scratch.write("a", "old");
  OutputSet out(scratch.path().string());
  out.add("a", "new");
  out.add("b", "new");
  // A mount point passes every check beforehand and cannot be renamed over.
  const std::string busy = scratch.write("b", "old");
  if (::mount(busy.c_str(), busy.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "needs the right to mount";
  }
  const std::string code = code_of([&] { out.commit("b"); });
  ::umount(busy.c_str());
  EXPECT_EQ(code, "IO_RENAME");
  EXPECT_EQ(read_whole(scratch.at("a"), 9), "old");
  EXPECT_EQ(read_whole(scratch.at("b"), 9), "old");
}

TEST(OutputSet, replaces_a_symlink_instead_of_writing_through_it) {
  const Scratch scratch;
  scratch.write("precious", "old");
  ASSERT_EQ(::symlink("precious", scratch.at("m.h").c_str()), 0);
  write_set(scratch.path().string(), "1");
  EXPECT_EQ(read_whole(scratch.at("precious"), 9), "old");
  EXPECT_FALSE(fs::is_symlink(scratch.at("m.h")));
}

TEST(OutputSet, a_file_as_parent_is_reported) {
  const Scratch scratch;
  scratch.write("file", "x");
  for (const std::string_view name : {"file", "file/sub", "file/sub/deeper"}) {
    EXPECT_EQ(code_of([&] { write_set(scratch.at(name), "1"); }), "IO_CREATE") << name;
  }
  EXPECT_EQ(tree(scratch.path()), (Tree{{"file", "x"}}));
  EXPECT_EQ(code_of([&] { write_set("/proc/vitgen/x", "1"); }), "IO_CREATE");
}

TEST(OutputSet, a_read_only_directory_is_reported) {
  const Scratch scratch;
  fs::create_directory(scratch.at("ro"));
  fs::permissions(scratch.at("ro"), fs::perms::owner_read | fs::perms::owner_exec |
                                        fs::perms::others_read | fs::perms::others_exec);
  fs::permissions(scratch.path(), fs::perms::all);
  const bool root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::seteuid(65534) == 0);
  const std::string existing = code_of([&] { write_set(scratch.at("ro"), "1"); });
  const std::string below = code_of([&] { write_set(scratch.at("ro/sub"), "1"); });
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  EXPECT_EQ(existing, "IO_CREATE");
  EXPECT_EQ(below, "IO_CREATE");
}

TEST(OutputSet, a_full_disk_leaves_the_previous_set) {
  const Scratch scratch;
  if (::mount("none", scratch.path().c_str(), "tmpfs", 0, "size=256k") != 0) {
    GTEST_SKIP() << "needs the right to mount";
  }
  write_set(scratch.path().string(), "1");
  const auto thrown = thrown_by([&] {
    OutputSet out(scratch.path().string());
    out.add("m.h", "header 2");
    out.add("m.a", std::string(1 << 20, 'x'));
    out.commit("m.a");
  });
  const Tree after = tree(scratch.path());
  ::umount(scratch.path().c_str());
  EXPECT_EQ(thrown.code, "IO_NO_SPACE");
  EXPECT_EQ(thrown.exit, ExitCode::io);
  EXPECT_EQ(after, expected_set("1"));
}

/// Runs `body` in a forked child and returns its wait status.
int status_of_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(OutputSet, a_file_size_limit_leaves_the_previous_set) {
  const Scratch scratch;
  write_set(scratch.path().string(), "1");
  const int status = status_of_child([&] {
    install_signal_cleanup();
    const rlimit limit = {4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto code = code_of([&] { write_set(scratch.path().string(), std::string(9000, '2')); });
    return code == "IO_NO_SPACE" ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(tree(scratch.path()), expected_set("1"));
}

TEST(OutputSet, a_signal_removes_everything_unfinished) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const Scratch scratch;
    write_set(scratch.path().string(), "1");
    const int status = status_of_child([&] {
      install_signal_cleanup();
      OutputSet first(scratch.path().string());
      OutputSet second(scratch.at("new/deep"));
      first.add("m.h", "header 2");
      fs::create_directories(second.staged_path("d") + "/e/f");
      std::ofstream(second.staged_path("d") + "/e/f/g") << "x";
      ::raise(number);
      return 0;
    });
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number);
    EXPECT_EQ(tree(scratch.path()), expected_set("1"));
  }
}

TEST(OutputSet, a_signal_leaves_files_that_others_put_into_a_new_directory) {
  const Scratch scratch;
  status_of_child([&] {
    install_signal_cleanup();
    OutputSet out(scratch.at("new"));
    scratch.write("new/foreign", "x");
    ::raise(SIGINT);
    return 0;
  });
  EXPECT_EQ(tree(scratch.path()), (Tree{{"new", "/"}, {"new/foreign", "x"}}));
}

TEST(OutputSet, a_deferred_signal_acts_after_the_renames) {
  const Scratch scratch;
  const int status = status_of_child([&] {
    install_signal_cleanup();
    const DeferSignals outer;
    ::raise(SIGTERM);
    write_set(scratch.path().string(), "1");
    return 0;
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  EXPECT_EQ(tree(scratch.path()), expected_set("1"));
}

TEST(OutputSet, ignored_signals_stay_ignored) {
  const int status = status_of_child([] {
    ::signal(SIGHUP, SIG_IGN);
    install_signal_cleanup();
    ::raise(SIGHUP);
    return 5;
  });
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(OutputSet, what_a_killed_run_left_is_removed_by_the_next) {
  const Scratch scratch;
  status_of_child([&] {
    OutputSet out(scratch.path().string());
    out.add("m.h", "half");
    ::raise(SIGKILL);
    return 0;
  });
  EXPECT_EQ(tree(scratch.path()).size(), 2u);
  write_set(scratch.path().string(), "1");
  EXPECT_EQ(tree(scratch.path()), expected_set("1"));
}

TEST(OutputSet, two_runs_into_one_directory_do_not_remove_each_other) {
  const Scratch scratch;
  OutputSet first(scratch.path().string());
  first.add("a", "1");
  OutputSet second(scratch.path().string());
  second.add("b", "2");
  first.commit("a");
  second.commit("b");
  EXPECT_EQ(read_whole(scratch.at("a"), 9) + read_whole(scratch.at("b"), 9), "12");
}

TEST(OutputSet, a_forked_child_does_not_remove_the_files_of_its_parent) {
  const Scratch scratch;
  auto out = std::make_unique<OutputSet>(scratch.at("new"));
  out->add("a", "1");
  status_of_child([&] {
    out.reset();
    return 0;
  });
  out->commit("a");
  EXPECT_EQ(read_whole(scratch.at("new/a"), 9), "1");
}

TEST(WriteAside, replaces_one_file) {
  const Scratch scratch;
  write_aside(scratch.at("x.json"), "1");
  write_aside(scratch.at("x.json"), "2");
  EXPECT_EQ(tree(scratch.path()), (Tree{{"x.json", "2"}}));
}

TEST(WriteAside, a_link_stays_and_its_target_is_replaced) {
  const Scratch scratch;
  fs::create_directory(scratch.at("data"));
  scratch.write("data/real.txt", "old");
  fs::create_symlink("data/next.csv", scratch.at("link.csv"));
  fs::create_symlink("real.txt", scratch.at("data/next.csv"));
  write_aside(scratch.at("link.csv"), "new");
  EXPECT_EQ(fs::read_symlink(scratch.at("link.csv")), "data/next.csv");
  EXPECT_EQ(fs::read_symlink(scratch.at("data/next.csv")), "real.txt");
  EXPECT_EQ(read_whole(scratch.at("data/real.txt"), 9), "new");
}

TEST(WriteAside, the_target_of_a_dangling_link_is_made) {
  const Scratch scratch;
  fs::create_symlink("later/made.txt", scratch.at("link"));
  write_aside(scratch.at("link"), "new");
  EXPECT_EQ(fs::read_symlink(scratch.at("link")), "later/made.txt");
  EXPECT_EQ(read_whole(scratch.at("later/made.txt"), 9), "new");
}

TEST(WriteAside, refuses_a_pipe_by_name_and_behind_links) {
  const Scratch scratch;
  ASSERT_EQ(::mkfifo(scratch.at("fifo").c_str(), 0600), 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  const std::string open_pipe = fmt::format("/proc/self/fd/{}", writer.get());
  fs::create_symlink("fifo", scratch.at("to_fifo"));
  fs::create_symlink(open_pipe, scratch.at("to_open_pipe"));
  for (const std::string& path :
       {scratch.at("fifo"), scratch.at("to_fifo"), open_pipe, scratch.at("to_open_pipe")}) {
    const auto thrown = thrown_by([&] { write_aside(path, "new"); });
    EXPECT_EQ(thrown.code, "IO_RENAME") << path;
    EXPECT_NE(thrown.message.find("a device or pipe, not a file"), std::string::npos) << path;
  }
  EXPECT_TRUE(fs::is_fifo(scratch.at("to_fifo")));
  EXPECT_EQ(fs::read_symlink(scratch.at("to_fifo")), "fifo");
  EXPECT_EQ(fs::read_symlink(scratch.at("to_open_pipe")), open_pipe);
}

TEST(WriteAside, refuses_links_in_a_circle_and_to_a_file_without_a_name) {
  const Scratch scratch;
  fs::create_symlink("b", scratch.at("a"));
  fs::create_symlink("a", scratch.at("b"));
  EXPECT_EQ(code_of([&] { write_aside(scratch.at("a"), "new"); }), "IO_RENAME");
  const std::string gone = scratch.write("gone", "old");
  const UniqueFd open_file(::open(gone.c_str(), O_RDONLY | O_CLOEXEC));
  fs::remove(gone);
  fs::create_symlink(fmt::format("/proc/self/fd/{}", open_file.get()), scratch.at("to_gone"));
  EXPECT_EQ(code_of([&] { write_aside(scratch.at("to_gone"), "new"); }), "IO_RENAME");
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path()), {}), 3);
}

TEST(FileWriter, writes_in_order_and_by_position) {
  const Scratch scratch;
  FileWriter file(scratch.at("f"));
  file.write("0123");
  file.write("45");
  const std::array<std::byte, 2> patch = {std::byte{'a'}, std::byte{'b'}};
  file.pwrite(patch, 1);
  EXPECT_EQ(file.position(), 6u);
  file.close();
  EXPECT_EQ(read_whole(scratch.at("f"), 9), "0ab345");
  EXPECT_EQ(code_of([&] { FileWriter again(scratch.at("f")); }), "IO_CREATE");
}

}  // namespace
}  // namespace vitgen
