#include "tools/import/json_values.h"

#include <utility>

#include "tools/import/ascii.h"
#include "tools/import/text_stream.h"

namespace rapport::importer {

JsonValues::JsonValues(std::istream* in, JsonOptions options)
    : options_(std::move(options)), text_(NewTextStream(in)) {}

JsonValues::~JsonValues() = default;

int JsonValues::Get() {
  const int c = text_->get();
  if (c == '\n') ++line_;
  return c;
}

int JsonValues::Skip() {
  while (true) {
    const int c = Get();
    if (c == -1) return -1;
    if (!IsAsciiSpace(static_cast<char>(c)) && c != ',') return c;
  }
}

std::optional<std::variant<JsonValue, ImportProblem>> JsonValues::Next() {
  int c = Skip();
  if (!std::exchange(begun_, true) && c == '[') {
    // A list of values, or a value that is an array itself.
    const int inner = Skip();
    if (inner == '[' || inner == '{' || inner == ']') {
      in_list_ = inner != ']';
      c = inner == ']' ? Skip() : inner;
    } else if (inner != -1) {
      text_->unget();
    }
  }
  if (in_list_ && c == ']') {
    in_list_ = false;
    c = Skip();
  }
  if (c == -1) return std::nullopt;

  const int64_t begin = line_;
  std::string text;
  int depth = 0;
  bool quoted = false, escaped = false, too_large = false, too_deep = false;
  for (;; c = Get()) {
    if (c == -1) break;
    if (text.size() < options_.max_value_bytes) {
      text.push_back(static_cast<char>(c));
    } else {
      too_large = true;
    }
    if (quoted) {
      if (escaped) {
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      too_deep = ++depth > options_.max_depth || too_deep;
    } else if (c == ']' || c == '}') {
      --depth;
    }
    if (quoted || depth > 0) continue;
    const int next = text_->peek();
    const bool ends = depth < 0 || c == ']' || c == '}' || c == '"' || next == -1 || next == ',' ||
                      next == ']' || next == '}' || IsAsciiSpace(static_cast<char>(next));
    if (ends) break;
  }
  const auto problem = [&](std::string reason) {
    return ImportProblem{options_.file, begin, std::move(reason)};
  };
  if (too_large) {
    return problem(Cat({"value larger than ", std::to_string(options_.max_value_bytes), " bytes"}));
  }
  if (too_deep) return problem("nested too deep");
  if (c == -1) return problem("value without end");
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return problem("not JSON");
  return JsonValue{begin, std::move(value)};
}

std::string TextIn(const Json& object, const char* member) {
  if (!object.is_object()) return "";
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace rapport::importer
