#include "services/contact/rules/provenance.h"

#include <algorithm>
#include <memory>

#include "common/time/proto_time.h"
#include "google/protobuf/util/message_differencer.h"

namespace rapport::contact::rules {

namespace pb = google::protobuf;

namespace {

// The fields of the card itself start here; below are those that every resource has.
constexpr int kFirstCardField = 10;
constexpr int kProvenanceField = 23;

bool IsCardField(const pb::FieldDescriptor* field) {
  return field->number() >= kFirstCardField && field->number() != kProvenanceField;
}

v1::Provenance* Find(v1::Person* card, const std::string& field) {
  for (auto& entry : *card->mutable_provenance()) {
    if (entry.field() == field) return &entry;
  }
  return nullptr;
}

v1::Trust TrustOf(const v1::Person& card, const std::string& field) {
  for (const auto& entry : card.provenance()) {
    if (entry.field() == field) return entry.trust();
  }
  return v1::TRUST_UNSPECIFIED;
}

void Note(const std::string& field, const Source& source, absl::Time now, v1::Person* card) {
  v1::Provenance* entry = Find(card, field);
  if (entry == nullptr) entry = card->add_provenance();
  entry->set_field(field);
  entry->set_source(source.name);
  entry->set_trust(source.trust);
  *entry->mutable_time() = time::ToProto(now);
}

std::string FieldBytes(const v1::Person& card, const pb::FieldDescriptor* field) {
  v1::Person only;
  const auto* reflection = card.GetReflection();
  if (field->is_repeated()) {
    for (int i = 0; i < reflection->FieldSize(card, field); ++i) {
      if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
        reflection->AddMessage(&only, field)
            ->CopyFrom(reflection->GetRepeatedMessage(card, field, i));
      } else {
        reflection->AddString(&only, field, reflection->GetRepeatedString(card, field, i));
      }
    }
  } else if (reflection->HasField(card, field)) {
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      reflection->MutableMessage(&only, field)->CopyFrom(reflection->GetMessage(card, field));
    } else {
      reflection->SetString(&only, field, reflection->GetString(card, field));
    }
  }
  return only.SerializeAsString();
}

// Adds the items of `said` that are not there yet. True if there were any.
bool JoinList(const v1::Person& said, const pb::FieldDescriptor* field, v1::Person* card) {
  const auto* reflection = card->GetReflection();
  bool changed = false;
  for (int i = 0; i < reflection->FieldSize(said, field); ++i) {
    bool known = false;
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      const auto& item = reflection->GetRepeatedMessage(said, field, i);
      for (int k = 0; k < reflection->FieldSize(*card, field) && !known; ++k) {
        known = pb::util::MessageDifferencer::Equals(
            item, reflection->GetRepeatedMessage(*card, field, k));
      }
      if (!known) reflection->AddMessage(card, field)->CopyFrom(item);
    } else {
      const std::string item = reflection->GetRepeatedString(said, field, i);
      for (int k = 0; k < reflection->FieldSize(*card, field) && !known; ++k) {
        known = reflection->GetRepeatedString(*card, field, k) == item;
      }
      if (!known) reflection->AddString(card, field, item);
    }
    changed |= !known;
  }
  return changed;
}

}  // namespace

bool MergeCard(const v1::Person& said, const Source& source, absl::Time now, v1::Person* card) {
  bool changed = false;
  const auto* reflection = said.GetReflection();
  std::vector<const pb::FieldDescriptor*> set;
  reflection->ListFields(said, &set);
  for (const auto* field : set) {
    if (!IsCardField(field)) continue;
    bool moved = false;
    if (field->is_repeated()) {
      moved = JoinList(said, field, card);
    } else if (FieldBytes(said, field) != FieldBytes(*card, field) &&
               source.trust >= TrustOf(*card, field->name())) {
      if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
        reflection->MutableMessage(card, field)->CopyFrom(reflection->GetMessage(said, field));
      } else {
        reflection->SetString(card, field, reflection->GetString(said, field));
      }
      moved = true;
    }
    if (moved) {
      Note(field->name(), source, now, card);
      changed = true;
    }
  }
  return changed;
}

std::vector<std::string> ProtectedChanges(const v1::Person& before, const v1::Person& after,
                                          v1::Trust trust) {
  std::vector<std::string> fields;
  const auto* descriptor = v1::Person::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (IsCardField(field) && TrustOf(before, field->name()) > trust &&
        FieldBytes(before, field) != FieldBytes(after, field)) {
      fields.push_back(field->name());
    }
  }
  return fields;
}

void NoteChanges(const v1::Person& before, const Source& source, absl::Time now,
                 v1::Person* after) {
  const auto* descriptor = v1::Person::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (IsCardField(field) && FieldBytes(before, field) != FieldBytes(*after, field)) {
      Note(field->name(), source, now, after);
    }
  }
}

}  // namespace rapport::contact::rules
