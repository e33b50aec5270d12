// The words of `rapportctl record`, read into an engagement. Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_RECORD_WORDS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_RECORD_WORDS_H_

#include "absl/status/statusor.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "tools/rapportctl/commands.h"

namespace rapport::rapportctl {

// Kind follows from channel and channel from kind where only one is given; conversations, meetings,
// visits and gatherings are mutual unless stated. INVALID_ARGUMENT (FIELD) that lists the words.
absl::StatusOr<engagement::v1::Engagement> EngagementFrom(const RecordOptions& options,
                                                          const TypedTime& typed);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_RECORD_WORDS_H_
