// A byte stream as UTF-8 or 8-bit text: takes away a byte order mark and recodes UTF-16.
#ifndef RAPPORT_TOOLS_IMPORT_TEXT_STREAM_H_
#define RAPPORT_TOOLS_IMPORT_TEXT_STREAM_H_

#include <istream>
#include <memory>

namespace rapport::importer {

// Reads `in` from where it stands. FE FF or FF FE in front: UTF-16, recoded to UTF-8 (halves of
// surrogate pairs become U+FFFD). EF BB BF in front is dropped. Everything else passes unchanged.
// `in` must outlive the result.
std::unique_ptr<std::istream> NewTextStream(std::istream* in);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_TEXT_STREAM_H_
