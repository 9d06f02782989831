#pragma once
// A fixture's library against what the original PyTorch code computed in double.

#include <string>
#include <vector>

namespace vitgen {

/// Options of `generate` for the fixture's size of images and all outputs that are there to
/// compare.
std::vector<std::string> options_for_comparison(const std::string& fixture_name);

/// Options of `generate` for the fixture's size of images; none for what reads no images.
std::vector<std::string> image_options(const std::string& fixture_name);

/// Runs each stored output by `vitgen run` with `run_options`. The error may be `wider` times what
/// is allowed in f32; it must be less than half of the values then, or it shows nothing.
void expect_what_the_original_computes(const std::string& fixture_name, const std::string& library,
                                       const std::vector<std::string>& run_options = {},
                                       double wider = 1);

/// `vitgen verify` with `options` finds every step within its bound.
void expect_steps_within_bounds(const std::string& fixture_name, const std::string& library,
                                const std::vector<std::string>& options = {});

}  // namespace vitgen
