#pragma once
// From IR to PTX.

#include <llvm/IR/Module.h>

#include <memory>
#include <string>

#include "schedules/microkernels/device_code.h"

namespace vitgen::microkernels {

/// A module for the GPU.
std::unique_ptr<llvm::Module> nvptx_module(llvm::LLVMContext& context,
                                           DeviceArchitecture architecture);

/// Throws std::runtime_error if the IR is invalid.
std::string ptx(llvm::Module& module, DeviceArchitecture architecture);

}  // namespace vitgen::microkernels
