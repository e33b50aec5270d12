// Finding one of the things of a list by some of its words.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_FOUND_H_
#define RAPPORT_TOOLS_RAPPORTCTL_FOUND_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/rapportctl/connection.h"

namespace rapport::rapportctl {

// Something that may be meant.
struct Candidate {
  std::string name;  // of the resource
  std::string text;  // what people call it
};

// The position of the one that is meant: by its resource name, else the only one whose text is
// `typed`, else the only one whose text holds it, without regard to case and accents. `what` and
// `whose` are for the message: "open promise" and " with Ana Lopes". NOT_FOUND if none or several
// fit. Pure.
absl::StatusOr<std::size_t> FindByWords(const std::vector<Candidate>& candidates,
                                        absl::string_view typed, absl::string_view what,
                                        absl::string_view whose);

// All pages of a list. `items` gives the resources of a page: a pointer to a repeated field.
template <class Resource, class Response, class Request, class Items>
absl::StatusOr<std::vector<Resource>> ListAll(Connection& connection, absl::string_view method,
                                              Request request, Items items) {
  std::vector<Resource> out;
  request.set_page_size(500);
  do {
    Response page;
    if (absl::Status status = connection.CallInto(method, request, &page); !status.ok()) {
      return status;
    }
    for (Resource& resource : *items(page)) out.push_back(std::move(resource));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return out;
}

// The one of `resources` that is meant; `text` gives the words of each.
template <class Resource, class Text>
absl::StatusOr<Resource> FindIn(const std::vector<Resource>& resources, absl::string_view typed,
                                absl::string_view what, absl::string_view whose, Text text) {
  std::vector<Candidate> candidates;
  candidates.reserve(resources.size());
  for (const Resource& resource : resources) {
    candidates.push_back({resource.name(), text(resource)});
  }
  const absl::StatusOr<std::size_t> at = FindByWords(candidates, typed, what, whose);
  if (!at.ok()) return at.status();
  return resources[*at];
}

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_FOUND_H_
