#include "tests/ptx/parse/lexer.h"

#include <cctype>
#include <charconv>
#include <stdexcept>
#include <string>

namespace vitgen::ptx {

namespace {

bool begins_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' ||
         c == '.';
}

bool continues_word(char c) {
  return begins_word(c) || std::isdigit(static_cast<unsigned char>(c));
}

}  // namespace

void fail(std::uint32_t line, std::string_view reason) {
  throw std::runtime_error("line " + std::to_string(line) + ": " + std::string(reason));
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    std::size_t length = 1;
    if (rest.starts_with("//")) {
      length = std::min(rest.find('\n'), rest.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t close = rest.find("*/");
      if (close == rest.npos) fail(line_, "a comment without an end");
      length = close + 2;
    } else if (!std::isspace(static_cast<unsigned char>(rest[0]))) {
      return;
    }
    for (const char c : rest.substr(0, length)) line_ += c == '\n' ? 1 : 0;
    at_ += length;
  }
}

// "::" is part of a word (".shared::cluster"), the ":" of a label is not.
std::size_t Lexer::word_end() const {
  std::size_t end = at_ + 1;
  while (end < text_.size()) {
    if (text_.substr(end).starts_with("::")) {
      end += 2;
    } else if (continues_word(text_[end])) {
      ++end;
    } else {
      break;
    }
  }
  return end;
}

void Lexer::advance() {
  skip_blanks();
  token_ = {Token::Kind::end, {}, line_};
  if (at_ == text_.size()) return;
  const char c = text_[at_];
  std::size_t end = at_ + 1;
  if (begins_word(c)) {
    token_.kind = Token::Kind::word;
    end = word_end();
  } else if (std::isdigit(static_cast<unsigned char>(c))) {
    token_.kind = Token::Kind::number;
    while (end < text_.size() && std::isalnum(static_cast<unsigned char>(text_[end]))) ++end;
  } else if (c == '"') {
    token_.kind = Token::Kind::string;
    end = text_.find('"', at_ + 1);
    if (end == text_.npos) fail(line_, "a string without an end");
    ++end;
  } else {
    token_.kind = Token::Kind::mark;
  }
  token_.text = text_.substr(at_, end - at_);
  at_ = end;
}

Token Lexer::next() {
  const Token taken = token_;
  if (taken.kind == Token::Kind::end) fail(taken.line, "the text ends too early");
  advance();
  return taken;
}

bool Lexer::take(std::string_view text) {
  if (token_.kind == Token::Kind::end || token_.text != text) return false;
  advance();
  return true;
}

void Lexer::expect(std::string_view text) {
  if (!take(text)) {
    fail(token_.line,
         "expected '" + std::string(text) + "' before '" + std::string(token_.text) + "'");
  }
}

std::string_view Lexer::word() {
  const Token token = next();
  if (token.kind != Token::Kind::word) {
    fail(token.line, "expected a name before '" + std::string(token.text) + "'");
  }
  return token.text;
}

std::int64_t Lexer::integer() {
  const bool negative = take("-");
  const auto value = static_cast<std::int64_t>(number_bits(next()));
  return negative ? -value : value;
}

std::uint64_t number_bits(const Token& token) {
  std::string_view digits = token.text;
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X") || digits.starts_with("0f") ||
      digits.starts_with("0F") || digits.starts_with("0d") || digits.starts_with("0D")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  if (digits.ends_with('U')) digits.remove_suffix(1);
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (token.kind != Token::Kind::number || error != std::errc() ||
      end != digits.data() + digits.size()) {
    fail(token.line, "expected a number before '" + std::string(token.text) + "'");
  }
  return value;
}

}  // namespace vitgen::ptx
