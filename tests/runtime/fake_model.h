#pragma once
// A small model with hand-written kernels that use the runtime as Halide's code does: scratch
// memory from halide_malloc, loops by halide_do_par_for, errors through halide_error_*.
//
//   hidden[b][t] = input[b][t] * scale[t] + 1                (t < 12)   kernel "affine"
//   logits[b][c] = sum over t of hidden[b][t] * project[c][t]  (c < 5)  kernel "project"
//   pooled[b][p] = hidden[b][4p] + .. + hidden[b][4p+3]        (p < 3)  kernel "pool"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/table.h"
#include "vitgen_api.h"

namespace vitgen::test {

inline constexpr int kTokens = 12;
inline constexpr int kClasses = 5;
inline constexpr int kPooled = 3;

/// What the kernels shall do wrong; all zero: nothing. Read by kernels of all threads.
struct Faults {
  std::atomic<int> failing_code{0};   ///< kernel "project" fails with it ...
  std::atomic<int> failing_index{0};  ///< ... at this index of its loop
  std::atomic<bool> silent{false};    ///< without calling halide_error_*
  std::atomic<bool> all_fail{false};  ///< every index fails, each with its own text
  std::atomic<bool> greedy{false};    ///< asks for more scratch than the table says
  std::atomic<int> delay_us{0};       ///< kernel "affine" sleeps so long
  std::atomic<int> indices_run{0};    ///< counted by "project"
  std::atomic<uint32_t> mxcsr{0};     ///< OR of all threads' MXCSR control bits that differ
};
Faults& faults();
void reset_faults();

/// Puts the table under `vitgen_rt_table`, and removes it again.
class FakeModel {
 public:
  explicit FakeModel(std::vector<uint32_t> batches = {1, 4, 8});
  ~FakeModel();
  FakeModel(const FakeModel&) = delete;
  FakeModel& operator=(const FakeModel&) = delete;

  vitgen_table& table();
  std::vector<vitgen_isa>& isas() { return isas_; }
  /// The bytes of the weights file, page aligned.
  uint8_t* file() { return file_; }
  size_t file_bytes() const { return file_bytes_; }
  /// Writes `bytes` of the file under the test's directory; returns its path.
  std::string write_file(const std::string& name, size_t bytes) const;
  std::string write_file(const std::string& name = "fake.weights") const {
    return write_file(name, file_bytes_);
  }
  /// Makes the content hash of header and table that of the bytes.
  void seal();

  /// A context's outputs must equal these, bit for bit.
  std::vector<float> logits(const std::vector<float>& input) const;
  std::vector<float> pooled(const std::vector<float>& input) const;

 private:
  void add_bucket(uint32_t batch);

  std::vector<vitgen_isa> isas_;
  std::vector<vitgen_bucket> buckets_;
  std::vector<vitgen_step> steps_;
  std::vector<vitgen_operand> operands_;
  uint8_t* file_ = nullptr;
  size_t file_bytes_ = 0;
};

/// n images of reproducible values.
std::vector<float> images(size_t n, unsigned seed = 1);

/// Opens the weights of `model` from memory, and makes a context; both end with the object.
struct Session {
  explicit Session(FakeModel& model, vitgen_api_context_options options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  vitgen_api_model* model = nullptr;
  vitgen_api_context* context = nullptr;
};

/// Zero but for struct_size.
vitgen_api_options open_options();
vitgen_api_context_options context_options(int threads = 1);

}  // namespace vitgen::test
