#include "common/resource/list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/filter.h"
#include "common/resource/list_order.h"
#include "common/resource/name.h"

namespace rapport::resource {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

const FieldDescriptor* Plain(const Message& request, absl::string_view name,
                             FieldDescriptor::CppType type) {
  const auto* field = request.GetDescriptor()->FindFieldByName(std::string(name));
  return field == nullptr || field->is_repeated() || field->cpp_type() != type ? nullptr : field;
}

int WholeNumber(const Message& request, absl::string_view name) {
  const auto* field = Plain(request, name, FieldDescriptor::CPPTYPE_INT32);
  return field == nullptr ? 0 : request.GetReflection()->GetInt32(request, field);
}

// One List call.
class Listing {
 public:
  Listing(const Collection& collection, const PageTokens& tokens, const base::CallContext& context,
          const Message& request, const View& view)
      : collection_(collection),
        tokens_(tokens),
        context_(context),
        request_(request),
        view_(view),
        parent_(ParentKey(TextOf(request, "parent"))),
        binding_(PageTokens::Binding(context.tenant.value(), request)),
        size_(static_cast<std::size_t>(PageSize(WholeNumber(request, "page_size")))),
        show_deleted_(IsTrue(request, "show_deleted")),
        example_(collection.prototype->New()),
        delete_time_(collection.prototype->GetDescriptor()->FindFieldByName("delete_time")) {}

  absl::StatusOr<Listed> Run(store::Reader& reader) {
    const auto* type = collection_.prototype->GetDescriptor();
    ASSIGN_OR_RETURN(filter_, Filter::Parse(TextOf(request_, "filter"), type));
    ASSIGN_OR_RETURN(order_, ListOrder::Parse(TextOf(request_, "order_by"), type));
    pinned_ = filter_.Pin(example_.get());
    PinRequest();
    std::vector<store::Value> after;
    if (!TextOf(request_, "page_token").empty()) {
      ASSIGN_OR_RETURN(after, tokens_.Read(binding_, TextOf(request_, "page_token")));
    }
    store::Range range;
    const bool ordered = FindRange(&range);
    const std::size_t place =
        ordered ? ColumnsOf(range).size() - range.prefix.size() : order_.fields().size() + 1;
    if (!after.empty() && after.size() != place) return errors::BadPageToken();
    if (!ordered) return Sort(reader, range, after);
    range.after = std::move(after);
    return Walk(reader, range);
  }

 private:
  // Fields of the request that are fields of the resource too.
  void PinRequest() {
    const auto* type = request_.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const auto* own = Plain(request_, type->field(i)->name(), FieldDescriptor::CPPTYPE_STRING);
      const auto* field =
          own == nullptr ? nullptr : Plain(*example_, own->name(), FieldDescriptor::CPPTYPE_STRING);
      if (field == nullptr || own->name() == "parent" || TextOf(request_, own->name()).empty()) {
        continue;
      }
      asked_.emplace_back(field, TextOf(request_, own->name()));
      example_->GetReflection()->SetString(example_.get(), field, asked_.back().second);
      pinned_.push_back(field);
    }
  }

  const FieldColumn* ColumnAt(int position) const {
    for (const auto& column : collection_.columns) {
      if (column.position == position) return &column;
    }
    return nullptr;
  }

  // The range of fewest rows that gives them in their order: true. Or, if none does, the range of
  // fewest rows to sort: false.
  bool FindRange(store::Range* range) const {
    const bool by_name = order_.fields().size() == 1 && order_.fields()[0].path.size() == 1 &&
                         order_.fields()[0].path[0]->name() == "name";
    range->prefix = {parent_};
    range->descending = by_name && order_.fields()[0].descending;
    if (by_name) return true;
    bool ordered = order_.fields().empty();
    int pinned = 0;
    for (std::size_t i = 0; i < collection_.table->indexes.size(); ++i) {
      const auto& columns = collection_.table->indexes[i].columns;
      store::Range candidate;
      candidate.index = static_cast<int>(i);
      const int pins = Prefix(columns, &candidate.prefix);
      if (pins < 0) continue;
      const bool gives = order_.fields().empty() || GivesOrder(columns, candidate.prefix.size());
      if (gives == ordered ? pins <= pinned : ordered) continue;
      candidate.descending = gives && !order_.fields().empty() && order_.fields()[0].descending;
      pinned = pins;
      ordered = gives;
      *range = std::move(candidate);
    }
    return ordered;
  }

  // The values of the first columns that are pinned; how many besides the parent, or -1 if rows of
  // other parents come between, ids do not tell the entries apart, or the index may leave rows out.
  int Prefix(const std::vector<int>& columns, std::vector<store::Value>* prefix) const {
    if (columns.back() != 1) return -1;
    for (const int position : columns) {
      if (position > 1 && ColumnAt(position) == nullptr) return -1;
    }
    int pins = 0;
    bool of_parent = collection_.of_tenant;
    for (const int position : columns) {
      if (position == 0) {
        of_parent = true;
        prefix->push_back(parent_);
        continue;
      }
      const FieldColumn* column = ColumnAt(position);
      if (column == nullptr ||
          std::find(pinned_.begin(), pinned_.end(), column->field) == pinned_.end()) {
        break;
      }
      store::Value value = column->value(*example_);
      if (value.index() == 0) break;  // indexes leave out what is not there
      prefix->push_back(std::move(value));
      ++pins;
    }
    return of_parent ? pins : -1;
  }

  // Behind the prefix the wanted field stands, a number that every row has, and then the id alone.
  bool GivesOrder(const std::vector<int>& columns, std::size_t prefix) const {
    if (order_.fields().size() != 1 || order_.fields()[0].path.size() != 1) return false;
    if (columns.size() != prefix + 2 || columns.back() != 1) return false;
    const FieldColumn* column = ColumnAt(columns[prefix]);
    return column != nullptr && column->field == order_.fields()[0].path[0] &&
           collection_.table->columns[static_cast<std::size_t>(column->position)].type ==
               store::ColumnType::kInt;
  }

  // The message of a row, or null if it is not wanted.
  MessagePtr Take(const store::Row& row) const {
    MessagePtr item(collection_.prototype->New());
    item->ParseFromString(store::AsText(row.back()));
    const auto& reflection = *item->GetReflection();
    if (!show_deleted_ && delete_time_ != nullptr && reflection.HasField(*item, delete_time_)) {
      return nullptr;
    }
    if (view_) view_(context_, item.get());
    std::string scratch;
    for (const auto& [field, wanted] : asked_) {
      if (reflection.GetStringReference(*item, field, &scratch) != wanted) return nullptr;
    }
    return filter_.Matches(*item) ? std::move(item) : nullptr;
  }

  absl::StatusOr<Listed> Walk(store::Reader& reader, const store::Range& range) const {
    Listed out;
    std::vector<store::Value> last;
    int examined = 0;
    std::size_t bytes = 0;
    bool more = false;
    RETURN_IF_ERROR(reader.Scan(*collection_.table, range, [&](store::Row& row) {
      if (out.items.size() == size_ || examined == kMaxExamined || bytes > kMaxExaminedBytes) {
        more = true;
        return false;
      }
      ++examined;
      bytes += store::AsText(row.back()).size();
      last = KeyBehindPrefix(range, row);
      if (auto item = Take(row)) out.items.push_back(std::move(item));
      return true;
    }));
    if (more) out.next_token = tokens_.Make(binding_, last);
    return out;
  }

  std::vector<int> ColumnsOf(const store::Range& range) const {
    if (range.index < 0) return {0, 1};
    return collection_.table->indexes[static_cast<std::size_t>(range.index)].columns;
  }
  // The columns of the range's index behind its prefix.
  std::vector<store::Value> KeyBehindPrefix(const store::Range& range,
                                            const store::Row& row) const {
    const auto columns = ColumnsOf(range);
    std::vector<store::Value> key;
    for (std::size_t i = range.prefix.size(); i < columns.size(); ++i) {
      key.push_back(row[static_cast<std::size_t>(columns[i])]);
    }
    return key;
  }

  absl::StatusOr<Listed> Sort(store::Reader& reader, const store::Range& range,
                              const std::vector<store::Value>& after) const {
    struct Placed {
      std::vector<store::Value> place;
      MessagePtr item;
    };
    std::vector<Placed> found;
    int examined = 0;
    std::size_t bytes = 0;
    bool too_much = false;
    RETURN_IF_ERROR(reader.Scan(*collection_.table, range, [&](store::Row& row) {
      bytes += store::AsText(row.back()).size();
      too_much = ++examined > kMaxSorted || bytes > kMaxExaminedBytes;
      if (too_much) return false;
      MessagePtr item = Take(row);
      if (item == nullptr) return true;
      auto place = order_.PlaceOf(*item);
      place.push_back(row[1]);
      if (after.empty() || order_.Before(after, place)) {
        found.push_back({std::move(place), std::move(item)});
      }
      return true;
    }));
    if (too_much) {
      return errors::InvalidField(
          "order_by", absl::StrCat("would sort more than ", kMaxSorted, " resources or ",
                                   kMaxExaminedBytes >> 20,
                                   " MiB; list them in order of names, or of a field that "
                                   "has an index"));
    }
    const std::size_t count = std::min(size_, found.size());
    std::partial_sort(
        found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
        [&](const Placed& a, const Placed& b) { return order_.Before(a.place, b.place); });
    Listed out;
    for (std::size_t i = 0; i < count; ++i) out.items.push_back(std::move(found[i].item));
    if (found.size() > count) out.next_token = tokens_.Make(binding_, found[count - 1].place);
    return out;
  }

  const Collection& collection_;
  const PageTokens& tokens_;
  const base::CallContext& context_;
  const Message& request_;
  const View& view_;
  const std::string parent_;
  const std::string binding_;
  const std::size_t size_;
  const bool show_deleted_;
  const MessagePtr example_;
  const FieldDescriptor* const delete_time_;
  Filter filter_;
  ListOrder order_;
  std::vector<const FieldDescriptor*> pinned_;
  std::vector<std::pair<const FieldDescriptor*, std::string>> asked_;
};

}  // namespace

std::string ParentKey(absl::string_view parent) {
  const absl::string_view rest = WithoutTenant(parent);
  const std::size_t slash = rest.rfind('/');
  return rest.empty() ? std::string() : std::string(rest.substr(slash + 1));
}

const std::string& TextOf(const Message& request, absl::string_view name) {
  static const auto* const kNone = new std::string;
  thread_local std::string scratch;
  const auto* field = Plain(request, name, FieldDescriptor::CPPTYPE_STRING);
  if (field == nullptr) return *kNone;
  return request.GetReflection()->GetStringReference(request, field, &scratch);
}

bool IsTrue(const Message& request, absl::string_view name) {
  const auto* field = Plain(request, name, FieldDescriptor::CPPTYPE_BOOL);
  return field != nullptr && request.GetReflection()->GetBool(request, field);
}

absl::StatusOr<Listed> List(const Collection& collection, const PageTokens& tokens,
                            store::Reader& reader, const base::CallContext& context,
                            const Message& request, const View& view) {
  return Listing(collection, tokens, context, request, view).Run(reader);
}

}  // namespace rapport::resource
