#include "tools/import/line_reader.h"

#include <algorithm>
#include <cstring>

namespace rapport::importer {
namespace {

constexpr size_t kBufferBytes = size_t{64} * 1024;
constexpr size_t kMaxPeek = 4096;

}  // namespace

LineReader::LineReader(std::istream* in, Options options)
    : in_(in),
      options_(options),
      buffer_(kBufferBytes),
      offset_(options.offset),
      line_(options.line) {}

size_t LineReader::Fill(size_t bytes) {
  if (end_ - begin_ >= bytes) return end_ - begin_;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (end_ < bytes && in_->good()) {
    in_->read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
    end_ += static_cast<size_t>(in_->gcount());
  }
  return end_;
}

std::string_view LineReader::Peek(size_t bytes) {
  bytes = std::min(bytes, kMaxPeek);
  const size_t available = Fill(bytes);
  return {buffer_.data() + begin_, std::min(available, bytes)};
}

bool LineReader::Next(Line* line) {
  line->text.clear();
  line->end.clear();
  line->number = line_;
  line->offset = offset_;
  line->truncated = false;
  if (Fill(1) == 0) return false;
  const auto keep = [&](const char* data, size_t size) {
    const size_t room =
        options_.max_line_bytes - std::min(options_.max_line_bytes, line->text.size());
    if (size > room) line->truncated = true;
    line->text.append(data, std::min(size, room));
  };
  const auto consume = [&](size_t size) {
    begin_ += size;
    offset_ += static_cast<int64_t>(size);
  };
  while (Fill(1) > 0) {
    const char* const from = buffer_.data() + begin_;
    const size_t size = end_ - begin_;
    const char* stop = static_cast<const char*>(std::memchr(from, '\n', size));
    if (options_.ends == Ends::kAny) {
      const size_t until = stop == nullptr ? size : static_cast<size_t>(stop - from);
      const char* const cr = static_cast<const char*>(std::memchr(from, '\r', until));
      if (cr != nullptr) {
        const size_t before = static_cast<size_t>(cr - from);
        keep(from, before);
        consume(before);
        // A run of CRs with an LF behind it is one line end; without, its first CR is.
        const std::string_view run = Peek(kMaxPeek);
        const size_t crs = std::min(run.find_first_not_of('\r'), run.size());
        const size_t end = crs < run.size() && run[crs] == '\n' ? crs + 1 : 1;
        line->end.assign(run.substr(0, end));
        consume(end);
        ++line_;
        return true;
      }
    }
    if (stop == nullptr) {
      keep(from, size);
      consume(size);
      continue;
    }
    const size_t before = static_cast<size_t>(stop - from);
    keep(from, before);
    consume(before + 1);
    line->end = "\n";
    if (!line->truncated && !line->text.empty() && line->text.back() == '\r') {
      line->text.pop_back();
      line->end = "\r\n";
    }
    ++line_;
    return true;
  }
  if (options_.ends == Ends::kNewline && !line->truncated && !line->text.empty() &&
      line->text.back() == '\r') {
    line->text.pop_back();
    line->end = "\r";
  }
  return true;
}

}  // namespace rapport::importer
