#include "generators/base/file.h"
#include "generators/ops/support/ops_table.h"
#include "tools/emit/kernel_object_code.h"
#include "tools/tune/device_timing.h"
#include "tools/tune/trial_runner.h"

namespace vitgen {

namespace {

CompiledDeviceKernel read_kernel(const KernelFile& file) {
  return parse_device_file(read_whole(file.object, kMaxObjectBytes));
}

class DeviceRunner final : public TrialRunner {
 public:
  explicit DeviceRunner(const TrialRequest& request)
      : request_(request),
        memory_(std::make_shared<OperandMemory>(
            fill_operands(operands(request.spec), request.seed, Placement::aligned))) {}

  int runs() const override { return request_.runs; }

  TrialRun run(int number) override {
    if (number == 0) {
      kernel_ = std::make_unique<LoadedDeviceKernel>(gpu_, read_kernel(request_.kernels.at(0)));
      operands_ = std::make_unique<DeviceOperands>(gpu_, *memory_, kernel_->scratch_bytes());
    } else {
      operands_->restore();
    }
    kernel_->launch(operands_->addresses(), operands_->scratch());
    gpu_.wait();
    return {.memory = memory_, .fault = operands_->fetch(*memory_)};
  }

  double sample(std::size_t kernel) override {
    if (!timing_) {
      std::vector<CompiledDeviceKernel> kernels;
      kernels.reserve(request_.kernels.size());
      for (const KernelFile& each : request_.kernels) kernels.push_back(read_kernel(each));
      timing_ =
          std::make_unique<DeviceTiming>(gpu_, *memory_, std::move(kernels), request_.rotate_bytes);
    }
    return timing_->sample(kernel);
  }

 private:
  const TrialRequest& request_;
  Gpu gpu_;
  std::shared_ptr<OperandMemory> memory_;
  std::unique_ptr<LoadedDeviceKernel> kernel_;
  std::unique_ptr<DeviceOperands> operands_;
  std::unique_ptr<DeviceTiming> timing_;
};

}  // namespace

std::unique_ptr<TrialRunner> device_runner(const TrialRequest& request) {
  return std::make_unique<DeviceRunner>(request);
}

}  // namespace vitgen
