#include "common/store/pending_rows.h"

#include <iterator>
#include <utility>
#include <variant>

#include "common/store/order_key.h"

namespace rapport::store {

std::optional<std::string> PlaceOf(const SqlOrder& order, const Row& row) {
  std::string place;
  for (const int column : order.columns) {
    const Value& value = row[static_cast<std::size_t>(column)];
    if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
    AppendOrderKey(value, &place);
  }
  return place;
}

const PendingRow* PendingRows::Find(const std::string& key) const {
  const auto it = rows_.find(key);
  return it == rows_.end() ? nullptr : &it->second;
}

std::optional<PendingRow> PendingRows::Set(const std::string& key, std::optional<PendingRow> now) {
  auto it = rows_.find(key);
  std::optional<PendingRow> before;
  if (it != rows_.end()) {
    for (std::size_t i = 0; it->second.row.has_value() && i < orders_.size(); ++i) {
      if (!orders_[i].has_value()) continue;
      if (const auto place = PlaceOf(sql_->orders[i], *it->second.row)) orders_[i]->erase(*place);
    }
    before = std::move(it->second);
  }
  if (!now.has_value()) {
    if (it != rows_.end()) rows_.erase(it);
    return before;
  }
  if (it == rows_.end()) it = rows_.emplace(key, PendingRow()).first;
  it->second = *std::move(now);
  for (std::size_t i = 0; it->second.row.has_value() && i < orders_.size(); ++i) {
    if (!orders_[i].has_value()) continue;
    if (auto place = PlaceOf(sql_->orders[i], *it->second.row)) {
      orders_[i]->emplace(*std::move(place), &*it->second.row);
    }
  }
  return before;
}

const PendingRows::InOrder& PendingRows::Ordered(std::size_t order) {
  std::optional<InOrder>& ordered = orders_[order];
  if (!ordered.has_value()) {
    ordered.emplace();
    for (const auto& [key, pending] : rows_) {
      if (!pending.row.has_value()) continue;
      if (auto place = PlaceOf(sql_->orders[order], *pending.row)) {
        ordered->emplace(*std::move(place), &*pending.row);
      }
    }
  }
  return *ordered;
}

PendingRows::Walk::Walk(PendingRows* pending, const Range& range) : descending_(range.descending) {
  if (pending == nullptr) return;
  const InOrder& ordered = pending->Ordered(static_cast<std::size_t>(range.index + 1));
  std::string begin = OrderKey(range.prefix);
  std::string end = begin + kBehind;
  if (!range.after.empty()) {
    // Strictly behind all that begin with these.
    std::string behind = begin + OrderKey(range.after);
    if (descending_) {
      end = std::move(behind);
    } else {
      begin = std::move(behind) + kBehind;
    }
  }
  at_ = ordered.lower_bound(begin);
  end_ = ordered.lower_bound(end);
  if (descending_) std::swap(at_, end_);
}

PendingRows::InOrder::const_iterator PendingRows::Walk::current() const {
  return descending_ ? std::prev(at_) : at_;
}

bool PendingRows::Walk::UpTo(const std::string& place) const {
  const std::string& own = current()->first;
  return descending_ ? own >= place : own <= place;
}

void PendingRows::Walk::Next() {
  if (descending_) {
    --at_;
  } else {
    ++at_;
  }
}

}  // namespace rapport::store
