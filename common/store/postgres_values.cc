#include "common/store/postgres_values.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "common/text/utf8.h"

namespace rapport::store {
namespace {

// Types of the system catalogue; their numbers are part of the protocol.
constexpr Oid kByteaOid = 17;
constexpr Oid kInt8Oid = 20;
constexpr Oid kTextOid = 25;
constexpr Oid kByteaArrayOid = 1001;
constexpr Oid kTextArrayOid = 1009;
constexpr Oid kInt8ArrayOid = 1016;

// The highest byte first, as the wire has numbers.
template <class Number>
std::array<char, sizeof(Number)> BytesOf(Number number) {
  std::array<char, sizeof(Number)> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(number >> (8 * (bytes.size() - 1 - i)));
  }
  return bytes;
}

void AppendInt(std::int64_t value, std::string* out) {
  const auto bytes = BytesOf(static_cast<std::uint64_t>(value));
  out->append(bytes.data(), bytes.size());
}

void AppendInt32(std::uint32_t value, std::string* out) {
  const auto bytes = BytesOf(value);
  out->append(bytes.data(), bytes.size());
}

std::int64_t ParseInt(const char* bytes, int size) {
  std::uint64_t bits = 0;
  for (int i = 0; i < size; ++i) bits = (bits << 8) | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(bits);
}

void AppendEscaped(absl::string_view text, std::string* out) {
  for (;;) {
    const std::size_t plain = std::min({text.find('\0'), text.find('\1'), text.size()});
    out->append(text.data(), plain);
    if (plain == text.size()) return;
    out->push_back('\1');
    out->push_back(text[plain] == '\0' ? '\1' : '\2');
    text.remove_prefix(plain + 1);
  }
}

std::string Unescaped(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\1' && i + 1 < text.size()) {
      out.push_back(text[++i] == '\1' ? '\0' : '\1');
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

absl::string_view Bytes(const PGresult* result, int row, int column) {
  return absl::string_view(PQgetvalue(result, row, column),
                           static_cast<std::size_t>(PQgetlength(result, row, column)));
}

}  // namespace

void PostgresParams::Clear() {
  bytes_.clear();
  begins_.clear();
  arrays_.types.clear();
  valid_ = true;
}

void PostgresParams::Push(Oid type, std::size_t begin) {
  arrays_.types.push_back(type);
  begins_.push_back(begin);
}

void PostgresParams::Add(const Value& value, ColumnType type) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    AddInt(*number);
  } else if (const auto* bytes = std::get_if<std::string>(&value)) {
    if (type == ColumnType::kText) {
      AddText(*bytes);
    } else {
      Push(kByteaOid, bytes_.size());
      bytes_.append(*bytes);
    }
  } else {
    Push(type == ColumnType::kInt    ? kInt8Oid
         : type == ColumnType::kText ? kTextOid
                                     : kByteaOid,
         kNull);
  }
}

void PostgresParams::AddInt(std::int64_t value) {
  Push(kInt8Oid, bytes_.size());
  AppendInt(value, &bytes_);
}

void PostgresParams::AddText(absl::string_view value) {
  Push(kTextOid, bytes_.size());
  AppendEscaped(value, &bytes_);
  valid_ = valid_ && text::IsValidUtf8(value);
}

// On the wire an array is: dimensions, whether there are NULLs, the type, the number of elements,
// the index of the first; then every element with its length, -1 for NULL. Numbers have four bytes.
void PostgresParams::BeginArray(ColumnType type, std::size_t count) {
  array_ = bytes_.size();
  array_of_text_ = type == ColumnType::kText;
  const bool number = type == ColumnType::kInt;
  Push(number ? kInt8ArrayOid : array_of_text_ ? kTextArrayOid : kByteaArrayOid, array_);
  AppendInt32(1, &bytes_);
  AppendInt32(0, &bytes_);
  AppendInt32(number ? kInt8Oid : array_of_text_ ? kTextOid : kByteaOid, &bytes_);
  AppendInt32(static_cast<std::uint32_t>(count), &bytes_);
  AppendInt32(1, &bytes_);
}

void PostgresParams::AddElement(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    AppendInt32(8, &bytes_);
    AppendInt(*number, &bytes_);
    return;
  }
  const auto* const bytes = std::get_if<std::string>(&value);
  if (bytes == nullptr) {
    bytes_[array_ + 7] = 1;
    AppendInt32(static_cast<std::uint32_t>(-1), &bytes_);
    return;
  }
  const std::size_t length = bytes_.size();
  AppendInt32(0, &bytes_);
  if (array_of_text_) {
    AppendEscaped(*bytes, &bytes_);
    valid_ = valid_ && text::IsValidUtf8(*bytes);
  } else {
    bytes_.append(*bytes);
  }
  const auto size = BytesOf(static_cast<std::uint32_t>(bytes_.size() - length - 4));
  std::copy(size.begin(), size.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(length));
}

const PostgresParams::Arrays& PostgresParams::arrays() const {
  const std::size_t count = begins_.size();
  arrays_.values.assign(count, nullptr);
  arrays_.lengths.assign(count, 0);
  arrays_.formats.assign(count, 1);
  std::size_t end = bytes_.size();
  for (std::size_t i = count; i-- > 0;) {
    if (begins_[i] == kNull) continue;
    arrays_.values[i] = bytes_.data() + begins_[i];
    arrays_.lengths[i] = static_cast<int>(end - begins_[i]);
    end = begins_[i];
  }
  return arrays_;
}

Value DecodeValue(const PGresult* result, int row, int column, ColumnType type) {
  if (PQgetisnull(result, row, column) != 0) return std::monostate();
  switch (type) {
    case ColumnType::kInt:
      return DecodeInt(result, row, column);
    case ColumnType::kText:
      return DecodeText(result, row, column);
    case ColumnType::kBytes:
      break;
  }
  return std::string(Bytes(result, row, column));
}

std::int64_t DecodeInt(const PGresult* result, int row, int column) {
  return ParseInt(PQgetvalue(result, row, column), PQgetlength(result, row, column));
}

std::string DecodeText(const PGresult* result, int row, int column) {
  const absl::string_view bytes = Bytes(result, row, column);
  if (bytes.find('\1') == absl::string_view::npos) return std::string(bytes);
  return Unescaped(bytes);
}

bool PostgresSnapshot::Ended(std::int64_t xid) const {
  if (xid < xmin) return true;
  return xid < xmax && !std::binary_search(running.begin(), running.end(), xid);
}

PostgresSnapshot DecodeSnapshot(const PGresult* result, int row, int column) {
  // pg_snapshot: the number of running ones (4 bytes), xmin, xmax, the running ones (8 bytes each).
  const absl::string_view bytes = Bytes(result, row, column);
  PostgresSnapshot snapshot;
  if (bytes.size() < 20) return snapshot;
  snapshot.xmin = ParseInt(bytes.data() + 4, 8);
  snapshot.xmax = ParseInt(bytes.data() + 12, 8);
  for (std::size_t at = 20; at + 8 <= bytes.size(); at += 8) {
    snapshot.running.push_back(ParseInt(bytes.data() + at, 8));
  }
  return snapshot;
}

}  // namespace rapport::store
