#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

#include "runtime/cpu.h"
#include "tests/base/support.h"
#include "tests/runtime/fake_model.h"
#include "tests/runtime/interpose.h"

namespace vitgen::test {
namespace {

using ::testing::HasSubstr;

struct Opened {
  int code;
  std::string text;
};

/// Opens and closes at once. `path` empty: the weights inside the library.
Opened try_open(FakeModel& fake, const std::string& path,
                vitgen_api_options options = open_options(), const char* header_abi = nullptr,
                const char* linked_abi = nullptr) {
  fake.table();
  const Held before = held();
  char text[512] = "";
  options.error_text = text;
  options.error_text_bytes = sizeof text;
  auto* model = reinterpret_cast<vitgen_api_model*>(1);
  const int code = vitgen_api_open_checked(header_abi, linked_abi,
                                           path.empty() ? nullptr : path.c_str(), &options, &model);
  EXPECT_EQ(model != nullptr, code == VITGEN_API_OK);
  EXPECT_EQ(text[0] == '\0', code == VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
  EXPECT_EQ(held(), before) << "something is left over";
  return {code, text};
}

vitgen_weights_header& header(FakeModel& fake) {
  return *reinterpret_cast<vitgen_weights_header*>(fake.file());
}

TEST(Open, takes_the_file_it_was_generated_with) {
  FakeModel fake;
  vitgen_api_options options = open_options();
  const std::string path = fake.write_file();
  EXPECT_EQ(try_open(fake, path).code, VITGEN_API_OK);
  options.flags = VITGEN_API_CHECK_CONTENT | VITGEN_API_PREFAULT;
  EXPECT_EQ(try_open(fake, path, options).code, VITGEN_API_OK);
}

TEST(Open, options_may_be_null) {
  FakeModel fake;
  fake.table();
  vitgen_api_model* model = nullptr;
  ASSERT_EQ(vitgen_api_open(fake.write_file().c_str(), nullptr, &model), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_open("/no/such", nullptr, &model), VITGEN_API_E_IO);
}

TEST(Open, header_of_another_build_is_refused_by_name) {
  FakeModel fake;
  const std::string path = fake.write_file();
  Opened opened = try_open(fake, path, open_options(), "1234567890abcdef");
  EXPECT_EQ(opened.code, VITGEN_API_E_ABI);
  EXPECT_THAT(opened.text,
              HasSubstr("header is of build 1234567890ab, the library is of build 000000"));
  opened = try_open(fake, path, open_options(), nullptr, "fedcba");
  EXPECT_EQ(opened.code, VITGEN_API_E_ABI);
  EXPECT_THAT(opened.text, HasSubstr("linked library is of build fedcba"));
}

TEST(Open, table_of_another_version_is_refused) {
  FakeModel fake;
  fake.table().version = 99;
  Opened opened = try_open(fake, "");
  EXPECT_EQ(opened.code, VITGEN_API_E_ABI);
  EXPECT_THAT(opened.text, HasSubstr("version 99"));
  fake.table().version = VITGEN_TABLE_VERSION;
  fake.table().table_bytes = 8;
  EXPECT_EQ(try_open(fake, "").code, VITGEN_API_E_ABI);
}

TEST(Open, no_weights_inside_is_said) {
  FakeModel fake;
  EXPECT_EQ(try_open(fake, "").code, VITGEN_API_E_UNSUPPORTED);
  fake.table().embedded_weights = fake.file();
  EXPECT_EQ(try_open(fake, "").code, VITGEN_API_OK);
}

TEST(Open, unreadable_files_name_the_reason) {
  FakeModel fake;
  EXPECT_THAT(try_open(fake, "/no/such/file").text, HasSubstr("'/no/such/file': ENOENT"));
  EXPECT_EQ(try_open(fake, ::testing::TempDir()).code, VITGEN_API_E_IO);
  EXPECT_THAT(try_open(fake, ::testing::TempDir()).text, HasSubstr("not a regular file"));
  const ::vitgen::testing::Scratch scratch;
  const std::string fifo = scratch.at("weights.fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(try_open(fake, fifo).text, HasSubstr("not a regular file"));
  const Failing no_memory(Libc::kMap, 0, Failing::kOnce);
  EXPECT_THAT(try_open(fake, fake.write_file()).text, HasSubstr("cannot map"));
}

TEST(Open, every_truncation_is_refused) {
  FakeModel fake;
  const size_t whole = fake.file_bytes();
  for (size_t bytes = 0; bytes < whole; bytes += bytes < 200 ? 1 : 509) {
    const Opened opened = try_open(fake, fake.write_file("short.weights", bytes));
    EXPECT_EQ(opened.code, VITGEN_API_E_WEIGHTS) << bytes;
    EXPECT_THAT(opened.text, HasSubstr("truncated")) << bytes;
  }
  const std::string path = fake.write_file("long.weights");
  std::filesystem::resize_file(path, whole + 1);
  EXPECT_THAT(try_open(fake, path).text, HasSubstr("1 bytes too many"));
}

TEST(Open, each_field_of_a_foreign_header_is_named) {
  struct Case {
    const char* words;
    void (*change)(vitgen_weights_header&);
  };
  const Case cases[] = {
      {"not a weights file", [](vitgen_weights_header& h) { h.magic[3] = 'X'; }},
      {"header of 100 bytes", [](vitgen_weights_header& h) { h.header_bytes = 100; }},
      {"tensor count differs: the file has 3",
       [](vitgen_weights_header& h) { h.tensor_count = 3; }},
      {"content hash differs", [](vitgen_weights_header& h) { h.payload_hash[31] ^= 1; }},
      {"tensor layout differs", [](vitgen_weights_header& h) { h.layout_hash[0] ^= 1; }},
      {"truncated", [](vitgen_weights_header& h) { h.file_bytes += 1; }},
      {"too many", [](vitgen_weights_header& h) { h.file_bytes -= 1; }},
      {"for 'other?', the library is 'fake'",
       [](vitgen_weights_header& h) { strcpy(h.model_name, "other\n"); }},
      {"model name differs", [](vitgen_weights_header& h) { memset(h.model_name, 'y', 64); }},
  };
  for (const Case& c : cases) {
    FakeModel fake;
    c.change(header(fake));
    const Opened opened = try_open(fake, fake.write_file("foreign.weights"));
    EXPECT_EQ(opened.code, VITGEN_API_E_WEIGHTS) << c.words;
    EXPECT_THAT(opened.text, HasSubstr(c.words));
  }
}

TEST(Open, every_bit_of_the_header_counts) {
  FakeModel fake;
  fake.table();
  const size_t name_end = offsetof(vitgen_weights_header, model_name) + strlen("fake") + 1;
  for (size_t bit = 0; bit < 8 * name_end; ++bit) {
    fake.file()[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    vitgen_api_model* model = nullptr;
    EXPECT_EQ(vitgen_api_open_memory(fake.file(), fake.file_bytes(), nullptr, &model),
              VITGEN_API_E_WEIGHTS)
        << bit;
    fake.file()[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
  }
}

TEST(Open, damaged_content_is_found_on_request_only) {
  FakeModel fake;
  fake.file()[2 * VITGEN_PAGE + 17] ^= 4;
  const std::string path = fake.write_file("damaged.weights");
  vitgen_api_options options = open_options();
  EXPECT_EQ(try_open(fake, path, options).code, VITGEN_API_OK);
  options.flags = VITGEN_API_CHECK_CONTENT;
  const Opened opened = try_open(fake, path, options);
  EXPECT_EQ(opened.code, VITGEN_API_E_WEIGHTS);
  EXPECT_THAT(opened.text, HasSubstr("damaged"));
}

TEST(Open, memory_must_be_aligned_and_whole) {
  FakeModel fake;
  fake.table();
  vitgen_api_model* model = nullptr;
  EXPECT_EQ(vitgen_api_open_memory(fake.file() + 64, fake.file_bytes(), nullptr, &model),
            VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_open_memory(nullptr, 0, nullptr, &model), VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_open_memory(fake.file(), 100, nullptr, &model), VITGEN_API_E_WEIGHTS);
  EXPECT_EQ(vitgen_api_open_memory(fake.file(), fake.file_bytes() - 1, nullptr, &model),
            VITGEN_API_E_WEIGHTS);
}

TEST(Open, tensors_outside_of_the_file_are_refused) {
  FakeModel fake;
  const vitgen_weight outside[] = {{"far", 2 * VITGEN_PAGE, 2 * VITGEN_PAGE},
                                   {"scale", VITGEN_PAGE, 48}};
  fake.table().weights = outside;
  EXPECT_THAT(try_open(fake, fake.write_file()).text, HasSubstr("'far' lies outside"));
}

TEST(Open, options_of_wrong_size_or_unknown_flags_are_refused) {
  FakeModel fake;
  const std::string path = fake.write_file();
  fake.table();
  vitgen_api_options options = open_options();
  options.flags = 1u << 30;
  EXPECT_EQ(try_open(fake, path, options).code, VITGEN_API_E_ARG);
  options.flags = 0;
  options.struct_size = 0;
  vitgen_api_model* model = nullptr;
  EXPECT_EQ(vitgen_api_open(path.c_str(), &options, &model), VITGEN_API_E_ARG);
  struct Newer {
    vitgen_api_options known;
    uint64_t field;
  } newer = {open_options(), 0};
  newer.known.struct_size = sizeof newer;
  EXPECT_EQ(vitgen_api_open(path.c_str(), &newer.known, &model), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
  newer.field = 1;
  EXPECT_EQ(vitgen_api_open(path.c_str(), &newer.known, &model), VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_open(path.c_str(), nullptr, nullptr), VITGEN_API_E_ARG);
}

TEST(Open, takes_the_first_variant_that_this_machine_runs) {
  FakeModel fake;
  fake.table();
  vitgen_api_model* model = nullptr;
  ASSERT_EQ(vitgen_api_open(fake.write_file().c_str(), nullptr, &model), VITGEN_API_OK);
  const uint32_t features = rt::cpu_features(rt::cpu_read());
  const char* best = "x86-64";
  if ((features & VITGEN_CPU_AVX2_FMA_F16C) != 0) best = "x86-64-avx2";
  if ((features & VITGEN_CPU_AVX512_SKX) != 0) best = "x86-64-avx512";
  EXPECT_STREQ(vitgen_api_isa(model), best);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
}

TEST(Open, a_variant_can_be_forced) {
  FakeModel fake;
  fake.table();
  vitgen_api_options options = open_options();
  options.isa = "x86-64";
  vitgen_api_model* model = nullptr;
  ASSERT_EQ(vitgen_api_open(fake.write_file().c_str(), &options, &model), VITGEN_API_OK);
  EXPECT_STREQ(vitgen_api_isa(model), "x86-64");
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
}

TEST(Open, variants_that_cannot_run_are_refused_with_what_lacks) {
  FakeModel fake;
  // A feature bit that no state ever has, beside real ones.
  fake.isas() = {{"x86-64-future", 1u << 31, 0, 0}};
  Opened opened = try_open(fake, fake.write_file());
  EXPECT_EQ(opened.code, VITGEN_API_E_ISA);
  EXPECT_THAT(opened.text, HasSubstr("none of x86-64-future can run"));
  vitgen_api_options options = open_options();
  options.isa = "x86-64-future";
  opened = try_open(fake, fake.write_file(), options);
  EXPECT_EQ(opened.code, VITGEN_API_E_ISA);
  EXPECT_THAT(opened.text,
              HasSubstr("'x86-64-future' cannot run on this machine, it lacks a feature"));
  options.isa = "sparc";
  EXPECT_THAT(try_open(fake, fake.write_file(), options).text,
              HasSubstr("no variant 'sparc' inside; there is x86-64-future"));
}

TEST(Open, no_failed_allocation_leaks) {
  FakeModel fake;
  const std::string path = fake.write_file();
  for (const auto mode : {Failing::kOnce, Failing::kFromHere}) {
    int failures = 0;
    for (int n = 0;; ++n) {
      const Failing failing(Libc::kAny, n, mode);
      const int code = try_open(fake, path).code;
      if (code == VITGEN_API_OK) break;
      EXPECT_TRUE(code == VITGEN_API_E_RESOURCES || code == VITGEN_API_E_IO) << code;
      ++failures;
    }
    EXPECT_EQ(failures, 2);  // the mapping and the model
  }
}

TEST(Close, refuses_what_is_not_an_open_model) {
  FakeModel fake;
  EXPECT_EQ(vitgen_api_close(nullptr), VITGEN_API_OK);
  Session session(fake);
  EXPECT_EQ(vitgen_api_close(session.model), VITGEN_API_E_BUSY);
  EXPECT_EQ(vitgen_api_close(reinterpret_cast<vitgen_api_model*>(session.context)),
            VITGEN_API_E_ARG);
}

}  // namespace
}  // namespace vitgen::test
