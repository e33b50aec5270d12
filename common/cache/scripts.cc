#include "common/cache/scripts.h"

#include <openssl/sha.h>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace rapport::cache {
namespace {

// What all four share. Layout: entry.h; bytes that are no entry count as a missing key.
constexpr absl::string_view kPrelude = R"lua(
local pack, unpack, cut, call = struct.pack, struct.unpack, string.sub, redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local LIMIT = 9007199254740992
local MAX_INTENTS = 32
local MAX_LIFE = 3600000
local NAMELESS = string.rep('\255', 8)
local NOBODY = {id = string.rep('\0', 8), till = 0}

-- nil for bytes that are no entry. A payload stays where it is, in `bytes`.
local function parse(s)
  if type(s) ~= 'string' or #s < 36 or cut(s, 1, 2) ~= 'R1' then return nil end
  local kind, n, m, holder, till, count = unpack('>c1I8I8c8I8B', s, 3)
  if n >= LIMIT or m >= LIMIT or till >= LIMIT or count > MAX_INTENTS or #s < 36 + 16 * count then
    return nil
  end
  local e = {kind = kind, n = n, m = m, lease = NOBODY, intents = {}}
  if kind == 'B' then
    if n ~= 0 then return nil end
    e.tail = ''
  else
    if (kind ~= 'V' and kind ~= 'N') or n < m or count > 0 then return nil end
    e.bytes = s
  end
  for i = 1, count do
    local id, ends = unpack('>c8I8', s, 21 + 16 * i)
    if ends >= LIMIT then return nil end
    if ends > now then e.intents[#e.intents + 1] = {id = id, till = ends} end
  end
  if till > now then e.lease = {id = holder, till = till} end
  return e
end

-- nil if there is none; else the entry, and its bytes.
local function find(key)
  local s = redis.pcall('GET', key)
  local e = parse(s)
  if e then e.px = math.max(call('PTTL', key), 0) end
  return e, s
end

local function load(key)
  local e, s = find(key)
  if e then return e, s end
  return {kind = 'B', n = 0, m = 0, lease = NOBODY, intents = {}, tail = '', px = 0}
end

local function blank(e)
  e.kind = 'B'
  e.n = 0
  e.tail = ''
end

local function keep(e, ttl)
  e.px = math.max(e.px, ttl)
  for _, hold in ipairs(e.intents) do e.px = math.max(e.px, hold.till - now) end
end

local function put(key, bytes, px)
  call('SET', key, bytes, 'PX', math.max(1, math.min(px, MAX_LIFE)))
end

local function header(kind, n, m, lease, count)
  return pack('>c2c1I8I8c8I8B', 'R1', kind, n, m, lease.id, lease.till, count)
end

local function save(key, e)
  local out = header(e.kind, e.n, e.m, e.lease, #e.intents)
  for _, hold in ipairs(e.intents) do out = out .. pack('>c8I8', hold.id, hold.till) end
  put(key, out .. (e.tail or cut(e.bytes, 37)), e.px)
end
)lua";

constexpr absl::string_view kMark = R"lua(
local id, ttl = ARGV[1], tonumber(ARGV[2])
local till = now + ttl
local first = header('B', 0, 0, NOBODY, 1) .. pack('>c8I8', id, till)
for _, key in ipairs(KEYS) do
  local e = find(key)
  if e then
    blank(e)
    e.lease = NOBODY
    local known = nil
    for _, hold in ipairs(e.intents) do if hold.id == id then known = hold end end
    if known then
      known.till = math.max(known.till, till)
    elseif #e.intents < MAX_INTENTS then
      e.intents[#e.intents + 1] = {id = id, till = till}
    else
      local last = e.intents[MAX_INTENTS]
      last.id = NAMELESS
      last.till = math.max(last.till, till)
    end
    keep(e, ttl)
    save(key, e)
  else
    put(key, first, ttl)
  end
end
return #KEYS
)lua";

constexpr absl::string_view kStamp = R"lua(
local id, blank_ttl = ARGV[1], tonumber(ARGV[2])
local lost = 0
for i, key in ipairs(KEYS) do
  local e = load(key)
  local others = {}
  local missing = 1
  for _, hold in ipairs(e.intents) do
    if hold.id == id or hold.id == NAMELESS then missing = 0 end
    if hold.id ~= id then others[#others + 1] = hold end
  end
  e.intents = others
  local version = tonumber(ARGV[i + 2])
  if e.m < version then lost = lost + missing end  -- else it was stamped before
  e.m = math.max(e.m, version)
  e.lease = NOBODY
  if e.n < e.m then blank(e) end
  if e.kind == 'B' then keep(e, blank_ttl) end
  save(key, e)
end
return lost
)lua";

constexpr absl::string_view kLease = R"lua(
local key, id, ttl, refresh = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local e, value = load(key)
if #e.intents > 0 then return 'BYPASS' end
local held = e.lease.till > 0 and e.lease.id ~= id
if e.kind ~= 'B' and (held or not refresh) then return value end
if held then return 'WAIT' end
e.lease = {id = id, till = now + ttl}
if e.kind == 'B' then keep(e, ttl) end
save(key, e)
return 'GO'
)lua";

constexpr absl::string_view kFill = R"lua(
local key, id, version, ttl = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local e = load(key)
if e.lease.till == 0 or e.lease.id ~= id then return 'NOLEASE' end
if #e.intents > 0 then return 'INTENT' end
if version < math.max(e.m, e.n) then return 'OLD' end
e.kind = ARGV[4]
e.n = version
e.lease = NOBODY
e.tail = ARGV[5]
e.px = ttl
save(key, e)
return 'STORED'
)lua";

const Script* MakeScript(absl::string_view shebang, absl::string_view body) {
  auto* script = new Script{absl::StrCat(shebang, kPrelude, body), ""};
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(script->text.data()), script->text.size(), digest);
  script->sha1 = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof digest));
  return script;
}

std::string Bytes(std::uint64_t id) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(id >> shift));
  return out;
}

std::string Millis(absl::Duration d) { return absl::StrCat(absl::ToInt64Milliseconds(d)); }

Command Call(const Script& script, std::size_t keys) {
  return {"EVALSHA", script.sha1, absl::StrCat(keys)};
}

}  // namespace

const Script& MarkScript() {
  static const Script* const script = MakeScript("#!lua flags=allow-oom", kMark);
  return *script;
}
const Script& StampScript() {
  static const Script* const script = MakeScript("#!lua flags=allow-oom", kStamp);
  return *script;
}
const Script& LeaseScript() {
  static const Script* const script = MakeScript("#!lua", kLease);
  return *script;
}
const Script& FillScript() {
  static const Script* const script = MakeScript("#!lua", kFill);
  return *script;
}

Command LoadCommand(const Script& script) { return {"SCRIPT", "LOAD", script.text}; }

Command WithText(Command evalsha) {
  for (const Script* script : {&MarkScript(), &StampScript(), &LeaseScript(), &FillScript()}) {
    if (evalsha.at(1) != script->sha1) continue;
    evalsha[0] = "EVAL";
    evalsha[1] = script->text;
    break;
  }
  return evalsha;
}

Command MarkCommand(absl::Span<const std::string> keys, std::uint64_t intent, absl::Duration ttl) {
  Command command = Call(MarkScript(), keys.size());
  command.insert(command.end(), keys.begin(), keys.end());
  command.push_back(Bytes(intent));
  command.push_back(Millis(ttl));
  return command;
}

Command StampCommand(absl::Span<const StampedKey> keys, std::uint64_t intent,
                     absl::Duration blank_ttl) {
  Command command = Call(StampScript(), keys.size());
  for (const auto& stamped : keys) command.push_back(stamped.key);
  command.push_back(Bytes(intent));
  command.push_back(Millis(blank_ttl));
  for (const auto& stamped : keys) command.push_back(absl::StrCat(stamped.version));
  return command;
}

Command LeaseCommand(const std::string& key, std::uint64_t lease, absl::Duration ttl,
                     bool refresh) {
  Command command = Call(LeaseScript(), 1);
  command.insert(command.end(), {key, Bytes(lease), Millis(ttl), refresh ? "1" : "0"});
  return command;
}

Command FillCommand(const std::string& key, std::uint64_t lease, std::uint64_t version,
                    EntryKind kind, absl::Duration ttl, absl::string_view tail) {
  Command command = Call(FillScript(), 1);
  command.insert(command.end(), {key, Bytes(lease), absl::StrCat(version), Millis(ttl),
                                 std::string(1, static_cast<char>(kind)), std::string(tail)});
  return command;
}

Command DropCommand(const std::string& key, std::uint64_t intent) {
  return MarkCommand({key}, intent, absl::Milliseconds(1));
}

absl::StatusOr<LeaseReply> ParseLeaseReply(absl::string_view reply) {
  if (reply == "GO") return LeaseReply{LeaseAnswer::kGo, {}};
  if (reply == "WAIT") return LeaseReply{LeaseAnswer::kWait, {}};
  if (reply == "BYPASS") return LeaseReply{LeaseAnswer::kBypass, {}};
  if (reply.substr(0, 2) == "R1") return LeaseReply{LeaseAnswer::kHit, reply};
  return absl::InternalError("unknown reply of LEASE");
}

absl::StatusOr<FillAnswer> ParseFillReply(absl::string_view reply) {
  if (reply == "STORED") return FillAnswer::kStored;
  if (reply == "NOLEASE") return FillAnswer::kNoLease;
  if (reply == "INTENT") return FillAnswer::kIntent;
  if (reply == "OLD") return FillAnswer::kOld;
  return absl::InternalError("unknown reply of FILL");
}

}  // namespace rapport::cache
