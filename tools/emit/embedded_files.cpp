#include "tools/emit/embedded_files.h"

// Each file lies between two labels of embedded_files.S, which CMake writes.
extern "C" {
extern const char vitgen_embedded_runtime_object[], vitgen_embedded_runtime_object_end[];
extern const char vitgen_embedded_header_template[], vitgen_embedded_header_template_end[];
extern const char vitgen_embedded_pc_template[], vitgen_embedded_pc_template_end[];
extern const char vitgen_embedded_config_template[], vitgen_embedded_config_template_end[];
extern const char vitgen_embedded_readme_template[], vitgen_embedded_readme_template_end[];
extern const char vitgen_embedded_gpu_template[], vitgen_embedded_gpu_template_end[];
extern const char vitgen_embedded_report_page[], vitgen_embedded_report_page_end[];
extern const char vitgen_embedded_report_style[], vitgen_embedded_report_style_end[];
extern const char vitgen_embedded_report_script[], vitgen_embedded_report_script_end[];
}

namespace vitgen {

std::string_view embedded_runtime_object() {
  return {vitgen_embedded_runtime_object, vitgen_embedded_runtime_object_end};
}
std::string_view embedded_header_template() {
  return {vitgen_embedded_header_template, vitgen_embedded_header_template_end};
}
std::string_view embedded_pc_template() {
  return {vitgen_embedded_pc_template, vitgen_embedded_pc_template_end};
}
std::string_view embedded_config_template() {
  return {vitgen_embedded_config_template, vitgen_embedded_config_template_end};
}
std::string_view embedded_readme_template() {
  return {vitgen_embedded_readme_template, vitgen_embedded_readme_template_end};
}
std::string_view embedded_gpu_template() {
  return {vitgen_embedded_gpu_template, vitgen_embedded_gpu_template_end};
}
std::string_view embedded_report_page() {
  return {vitgen_embedded_report_page, vitgen_embedded_report_page_end};
}
std::string_view embedded_report_style() {
  return {vitgen_embedded_report_style, vitgen_embedded_report_style_end};
}
std::string_view embedded_report_script() {
  return {vitgen_embedded_report_script, vitgen_embedded_report_script_end};
}

}  // namespace vitgen
