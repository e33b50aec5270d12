// JSON values of a stream of any size, one at a time, in bounded memory: a file with one value,
// with one after the other (NDJSON), or with an array of them.
#ifndef RAPPORT_TOOLS_IMPORT_JSON_VALUES_H_
#define RAPPORT_TOOLS_IMPORT_JSON_VALUES_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "tools/import/import_problem.h"

namespace rapport::importer {

using Json = nlohmann::ordered_json;  // members keep their order

struct JsonValue {
  int64_t line = 0;  // where it begins
  Json value;
};

struct JsonOptions {
  std::string file;                  // name used in problems
  size_t max_value_bytes = 8 << 20;  // larger ones are reported and passed over
  int max_depth = 64;
};

// An array of arrays or of objects gives its elements; any other value is given itself. Not
// thread-safe. `in` must outlive the reader.
class JsonValues {
 public:
  JsonValues(std::istream* in, JsonOptions options);
  JsonValues(const JsonValues&) = delete;
  JsonValues& operator=(const JsonValues&) = delete;
  ~JsonValues();

  // The next value, or what could not be read: "not JSON", "value without end", "nested too deep",
  // "value larger than … bytes". nullopt at the end of the input.
  std::optional<std::variant<JsonValue, ImportProblem>> Next();

 private:
  int Get();
  // The first character that is no white space and no comma between values, or -1.
  int Skip();

  const JsonOptions options_;
  std::unique_ptr<std::istream> text_;
  int64_t line_ = 1;
  bool in_list_ = false;
  bool begun_ = false;
};

// The text if the value is a string, else "".
std::string TextIn(const Json& object, const char* member);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_JSON_VALUES_H_
