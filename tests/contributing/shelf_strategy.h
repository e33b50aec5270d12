// Shelves of books that we lend: the resource that docs/contributing/new-resource.md adds.
#ifndef RAPPORT_TESTS_CONTRIBUTING_SHELF_STRATEGY_H_
#define RAPPORT_TESTS_CONTRIBUTING_SHELF_STRATEGY_H_

#include "common/resource/strategy.h"
#include "rapport/example/v1/shelf.pb.h"

namespace rapport::example {

inline resource::Strategy<v1::Shelf> ShelfStrategy() {
  resource::Strategy<v1::Shelf> s;
  s.table = "shelves";
  s.field = "shelf";
  s.check = [](const v1::Shelf*, const v1::Shelf& after, resource::Violations* violations) {
    if (after.lent() > after.places()) {
      violations->push_back({"lent", "must not be more than places"});
    }
  };
  s.columns = {{"lent", store::ColumnType::kInt,
                [](const v1::Shelf& shelf) { return store::Value(std::int64_t{shelf.lent()}); },
                "lent"}};
  s.indexes = {{"shelves_by_lent", {resource::kParent, 0, resource::kId}}};
  return s;
}

}  // namespace rapport::example

#endif  // RAPPORT_TESTS_CONTRIBUTING_SHELF_STRATEGY_H_
