#include "tools/gpu_check/device_ports.h"

namespace vitgen {

DevicePorts::DevicePorts(const Gpu& gpu, const LoadedLibrary& library, std::size_t n,
                         const RandomInputs& inputs)
    : gpu_(gpu) {
  for (const std::vector<std::byte>& values : inputs.values) {
    arrays_.emplace_back(gpu, values.size()).write(values);
    inputs_.push_back(arrays_.back().address());
  }
  for (const TensorPort& port : library.outputs()) {
    output_elements_.push_back(n * port.elements);
    outputs_.push_back(arrays_.emplace_back(gpu, n * port.elements * sizeof(float)).address());
  }
}

void DevicePorts::run(LoadedLibrary& library, std::size_t n) const {
  library.run_device(n, inputs_, outputs_, gpu_.stream());
}

std::vector<std::vector<float>> DevicePorts::outputs() const {
  gpu_.wait();
  std::vector<std::vector<float>> values;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    values.emplace_back(output_elements_[i]);
    arrays_[inputs_.size() + i].read(std::as_writable_bytes(std::span(values.back())));
  }
  return values;
}

}  // namespace vitgen
