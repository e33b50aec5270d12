#include "tools/import/text_stream.h"

#include <cstdint>
#include <streambuf>
#include <string>

#include "tools/import/charset.h"

namespace rapport::importer {
namespace {

constexpr std::streamsize kChunk = std::streamsize{32} * 1024;
constexpr uint32_t kReplacement = 0xFFFD;

class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::istream* in) : in_(in) {}

 protected:
  int_type underflow() override {
    while (!done_) {
      input_.resize(static_cast<size_t>(kChunk));
      in_->read(input_.data(), kChunk);
      input_.resize(static_cast<size_t>(in_->gcount()));
      done_ = !in_->good();
      size_t from = 0;
      if (!started_) from = Start();
      output_.clear();
      if (mode_ == Mode::kBytes) {
        output_.assign(input_, from);
      } else {
        for (size_t i = from; i < input_.size(); ++i) Byte(static_cast<unsigned char>(input_[i]));
        if (done_ && high_ != 0) AppendUtf8(kReplacement, &output_);
      }
      if (!output_.empty()) {
        setg(output_.data(), output_.data(), output_.data() + output_.size());
        return traits_type::to_int_type(output_.front());
      }
    }
    return traits_type::eof();
  }

 private:
  enum class Mode { kBytes, kUtf16Little, kUtf16Big };

  size_t Start() {
    started_ = true;
    if (input_.compare(0, 3, "\xEF\xBB\xBF") == 0) return 3;
    if (input_.compare(0, 2, "\xFF\xFE") == 0) mode_ = Mode::kUtf16Little;
    if (input_.compare(0, 2, "\xFE\xFF") == 0) mode_ = Mode::kUtf16Big;
    return mode_ == Mode::kBytes ? 0 : 2;
  }

  void Byte(unsigned char byte) {
    if (!have_first_) {
      first_ = byte;
      have_first_ = true;
      return;
    }
    have_first_ = false;
    const uint32_t unit = mode_ == Mode::kUtf16Big ? first_ * 256U + byte : byte * 256U + first_;
    const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (high_ != 0) {
      const uint32_t pair = 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00);
      high_ = 0;
      AppendUtf8(low ? pair : kReplacement, &output_);
      if (low) return;
    }
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      high_ = unit;
    } else {
      AppendUtf8(low ? kReplacement : unit, &output_);
    }
  }

  std::istream* const in_;
  Mode mode_ = Mode::kBytes;
  bool started_ = false;
  bool done_ = false;
  bool have_first_ = false;
  unsigned char first_ = 0;
  uint32_t high_ = 0;
  std::string input_;
  std::string output_;
};

class TextStream : public std::istream {
 public:
  explicit TextStream(std::istream* source) : std::istream(nullptr), buffer_(source) {
    rdbuf(&buffer_);
  }

 private:
  TextBuffer buffer_;
};

}  // namespace

std::unique_ptr<std::istream> NewTextStream(std::istream* in) {
  return std::make_unique<TextStream>(in);
}

}  // namespace rapport::importer
