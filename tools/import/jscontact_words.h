// Words that vCard and JSContact have for the same thing (RFC 9555).
#ifndef RAPPORT_TOOLS_IMPORT_JSCONTACT_WORDS_H_
#define RAPPORT_TOOLS_IMPORT_JSCONTACT_WORDS_H_

#include <array>
#include <string_view>

namespace rapport::importer {

struct WordPair {
  std::string_view vcard;
  std::string_view jscontact;
};

// TYPE and contexts.
inline constexpr std::array<WordPair, 2> kContexts = {{{"home", "private"}, {"work", "work"}}};
// TYPE of TEL and features of a phone.
inline constexpr std::array<WordPair, 9> kFeatures = {{{"cell", "mobile"},
                                                       {"voice", "voice"},
                                                       {"text", "text"},
                                                       {"video", "video"},
                                                       {"main-number", "main-number"},
                                                       {"textphone", "textphone"},
                                                       {"fax", "fax"},
                                                       {"pager", "pager"},
                                                       {"msg", "voice"}}};

// Properties that hold a URI, and the member and kind of what they are.
struct UriProperty {
  std::string_view vcard;
  const char* member;
  std::string_view kind;
};
inline constexpr std::array<UriProperty, 10> kUriProperties = {
    {{"URL", "links", ""},
     {"CONTACT-URI", "links", "contact"},
     {"PHOTO", "media", "photo"},
     {"LOGO", "media", "logo"},
     {"SOUND", "media", "sound"},
     {"KEY", "cryptoKeys", ""},
     {"CALURI", "calendars", "calendar"},
     {"FBURL", "calendars", "freeBusy"},
     {"SOURCE", "directories", "entry"},
     {"ORG-DIRECTORY", "directories", "directory"}}};

// Places of N (RFC 9554) and kinds of the components of a name.
inline constexpr std::array<WordPair, 7> kNameParts = {{{"0", "surname"},
                                                        {"1", "given"},
                                                        {"2", "given2"},
                                                        {"3", "title"},
                                                        {"4", "credential"},
                                                        {"5", "surname2"},
                                                        {"6", "generation"}}};

template <size_t n>
std::string_view ToJsContact(const std::array<WordPair, n>& words, std::string_view word) {
  for (const WordPair& pair : words) {
    if (pair.vcard == word) return pair.jscontact;
  }
  return "";
}
template <size_t n>
std::string_view ToVCard(const std::array<WordPair, n>& words, std::string_view word) {
  for (const WordPair& pair : words) {
    if (pair.jscontact == word) return pair.vcard;
  }
  return "";
}

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_JSCONTACT_WORDS_H_
