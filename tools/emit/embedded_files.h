#pragma once
// Files of the source and build tree that travel inside the program, so that it works from
// anywhere.

#include <string_view>

namespace vitgen {

std::string_view embedded_runtime_object();   ///< runtime, one relocatable ELF object
std::string_view embedded_header_template();  ///< runtime/api.h.in
std::string_view embedded_pc_template();
std::string_view embedded_config_template();
std::string_view embedded_readme_template();
std::string_view embedded_gpu_template();  ///< a section of the README
std::string_view embedded_report_page();
std::string_view embedded_report_style();
std::string_view embedded_report_script();

}  // namespace vitgen
