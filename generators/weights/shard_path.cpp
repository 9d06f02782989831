// From a name in an index to an open file, without leaving the directory.

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <system_error>

#include "generators/base/beneath.h"
#include "generators/base/error.h"
#include "generators/weights/sharded.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& name, std::string_view code, const std::string& what,
                         const std::string& hint = {}) {
  throw Error(ExitCode::bad_input, code, fmt::format("shard \"{}\": {}", printable(name), what),
              hint);
}

[[noreturn]] void cannot_open(const std::string& name, int error_number) {
  if (error_number == ENOENT) refuse(name, "IDX_MISSING", "no such file beside the index");
  if (error_number == ELOOP) {
    refuse(name, "PATH_ESCAPE", "is a symbolic link", "pass --follow-symlinks for a model cache");
  }
  if (error_number == EXDEV) refuse(name, "PATH_ESCAPE", "leads out of the model's directory");
  io_error("IO_OPEN", name, "cannot open", error_number);
}

UniqueFd open_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) io_error("IO_OPEN", path, "cannot open", errno);
  return fd;
}

/// Target of a link, or an empty string when `name` is not one.
std::string link_target(int directory_fd, const std::string& name) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(directory_fd, name.c_str(), target.data(), target.size());
  return size < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(size));
}

/// Absolute, without links.
fs::path canonical(const std::string& path) {
  std::error_code error;
  fs::path out = fs::canonical(path, error);
  if (error) io_error("IO_OPEN", path, "cannot resolve", error.value());
  return out;
}

fs::path cache_root_of(const fs::path& directory, const ShardOptions& options) {
  if (!options.cache_root.empty()) return canonical(options.cache_root);
  const bool snapshot = directory.parent_path().filename() == "snapshots";
  return snapshot ? directory.parent_path().parent_path() : directory;
}

UniqueFd open_followed(const std::string& directory, const std::string& name,
                       const std::string& target, const ShardOptions& options) {
  const fs::path from = canonical(directory);
  const fs::path root = cache_root_of(from, options);
  const fs::path inside = from.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..") {
    refuse(name, "PATH_ESCAPE", "the index is not below the cache root");
  }
  if (target.starts_with('/')) refuse(name, "PATH_ESCAPE", "links to an absolute path");
  const UniqueFd root_fd = open_directory(root.string());
  return open_beneath(root_fd.get(), (inside / target).string());
}

}  // namespace

std::string shard_name_problem(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (name.empty()) return "is empty";
  if (name.size() > NAME_MAX) return fmt::format("is longer than {} bytes", NAME_MAX);
  if (name == "." || name == "..") return "is a directory";
  if (name.find_first_of("/\\") != name.npos) return "has a directory in it";
  if (name.find(':') != name.npos) return "is a URL or a device";
  if (name.front() == '~') return "begins with ~";
  if (std::any_of(name.begin(), name.end(), is_control)) return "has a control character";
  return {};
}

RegularFile open_shard(const std::string& directory, const std::string& name,
                       const ShardOptions& options) {
  if (const std::string problem = shard_name_problem(name); !problem.empty()) {
    refuse(name, "PATH_ESCAPE", problem + ", expected the name of a file beside the index");
  }
  const UniqueFd directory_fd = open_directory(directory);
  const std::string target = options.follow_symlinks ? link_target(directory_fd.get(), name) : "";
  UniqueFd fd = target.empty() ? open_beneath(directory_fd.get(), name)
                               : open_followed(directory, name, target, options);
  if (!fd.valid()) cannot_open(name, errno);
  return RegularFile::adopt(std::move(fd), (fs::path(directory) / name).string());
}

}  // namespace vitgen
