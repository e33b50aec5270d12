// iCalendar objects (RFC 5545) as trees of components, from a stream of any size, as programs
// really write them. What is broken in one component harms no other one.
#ifndef RAPPORT_TOOLS_IMPORT_ICAL_COMPONENT_H_
#define RAPPORT_TOOLS_IMPORT_ICAL_COMPONENT_H_

#include <cstdint>
#include <deque>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/import/import_problem.h"
#include "tools/import/line_reader.h"
#include "tools/import/vcard.h"

namespace rapport::importer {

// Content lines of vCard and iCalendar have one grammar.
using IcalProperty = VCardProperty;

struct IcalComponent {
  std::string name;  // upper case
  int64_t line = 0;  // of its BEGIN
  std::vector<IcalProperty> properties;
  std::vector<IcalComponent> children;
  // Lines that could not be read; the component stands without them.
  std::vector<ImportProblem> problems;

  // The first property of the name (upper case), or null.
  const IcalProperty* Find(std::string_view property) const;
};

struct IcalOptions {
  std::string file;                      // name used in problems
  size_t max_line_bytes = 1 << 20;       // unfolded; longer ones are left out
  size_t max_component_bytes = 4 << 20;  // further lines of the component are left out
  size_t max_depth = 8;                  // components deeper in others are left out
};

// Not thread-safe. `in` must outlive the reader.
class IcalReader {
 public:
  IcalReader(std::istream* in, IcalOptions options);
  IcalReader(const IcalReader&) = delete;
  IcalReader& operator=(const IcalReader&) = delete;
  ~IcalReader();

  // The next component, or text outside all components; nullopt at the end of the input.
  //   - The components directly in a VCALENDAR come one by one, each when it ends, and after them
  //     the VCALENDAR itself, without them.
  //   - Events come by themselves wherever they stand; other components with what is in them.
  //   - What has no END ends where its like begins, or with what is around it, and says so.
  std::optional<std::variant<IcalComponent, ImportProblem>> Next();

 private:
  struct Open {
    IcalComponent component;
    size_t bytes = 0;
    bool full = false;
  };

  bool NextLogical(std::string* text, int64_t* line, bool* too_long);
  void Take(std::string_view text, int64_t line, bool too_long);
  void Begin(std::string_view value, int64_t line);
  void End(std::string_view value, int64_t line);
  void CloseTop();
  // Closes the components above the first `keep`; each lacks its END.
  void CloseDownTo(size_t keep);
  void Note(int64_t line, std::string reason);

  const IcalOptions options_;
  std::unique_ptr<std::istream> recoded_;
  LineReader lines_;
  Line next_;
  bool has_next_ = false;
  std::vector<Open> open_;
  size_t ignored_depth_ = 0;   // components open beyond max_depth
  bool outside_said_ = false;  // the present run of text outside components is reported
  std::deque<std::variant<IcalComponent, ImportProblem>> ready_;
};

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_ICAL_COMPONENT_H_
