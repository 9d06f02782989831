#pragma once
// PTX as tokens. A word is a name, a register, a directive or an opcode with all its modifiers.

#include <cstdint>
#include <string_view>

namespace vitgen::ptx {

struct Token {
  enum class Kind : std::uint8_t { word, number, string, mark, end };
  Kind kind = Kind::end;
  std::string_view text;
  std::uint32_t line = 1;
};

/// Throws std::runtime_error "line N: reason".
[[noreturn]] void fail(std::uint32_t line, std::string_view reason);

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { advance(); }

  const Token& peek() const { return token_; }
  Token next();
  /// Takes the next token if it reads so.
  bool take(std::string_view text);
  /// Takes the next token, which has to read so.
  void expect(std::string_view text);
  std::string_view word();
  /// A whole number, which may have a sign.
  std::int64_t integer();

 private:
  void advance();
  void skip_blanks();
  std::size_t word_end() const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  Token token_;
};

/// The bits of "12", "0x1F", "0f3F800000" (an f32) or "0d..." (an f64).
std::uint64_t number_bits(const Token& token);

}  // namespace vitgen::ptx
