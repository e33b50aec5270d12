#include "tools/import/recurrence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace rapport::importer {
namespace {

using ::testing::SizeIs;

// The occurrences as days where all have the clock time of the start, else with their time.
std::string Unrolled(const std::string& start, const std::string& rule) {
  const auto time = ParseIcalTime(start, "");
  const auto read = ParseRecurrenceRule(rule);
  if (!time || !read) return "not read";
  RecurrenceBounds bounds{.last = absl::CivilSecond(2030, 1, 1)};
  if (read->until) bounds.until = read->until->local;
  const Recurrences all = Unroll(*read, time->local, bounds);
  bool days = true;
  for (const absl::CivilSecond at : all.times) {
    days = days && at - absl::CivilSecond(absl::CivilDay(at)) ==
                       time->local - absl::CivilSecond(absl::CivilDay(time->local));
  }
  std::string out;
  for (const absl::CivilSecond at : all.times) {
    if (!out.empty()) out += " ";
    out += absl::FormatTime(days ? "%E4Y%m%d" : "%m%dT%H%M",
                            absl::FromCivil(at, absl::UTCTimeZone()), absl::UTCTimeZone());
  }
  return out;
}

// The examples of RFC 5545, section 3.8.5.3, made shorter.
TEST(RecurrenceRule, GivesTheExamplesOfTheStandard) {
  struct Example {
    const char* start;
    const char* rule;
    const char* times;
  };
  constexpr Example kExamples[] = {
      {"19970902T090000", "FREQ=DAILY;COUNT=4", "19970902 19970903 19970904 19970905"},
      {"19970902T090000", "FREQ=DAILY;INTERVAL=10;COUNT=5",
       "19970902 19970912 19970922 19971002 19971012"},
      {"19970902T090000", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=4",
       "19970902 19970916 19970930 19971014"},
      {"19970902T090000", "FREQ=WEEKLY;COUNT=6;WKST=SU;BYDAY=TU,TH",
       "19970902 19970904 19970909 19970911 19970916 19970918"},
      {"19970901T090000", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19970920T000000;WKST=SU;BYDAY=MO,WE,FR",
       "19970901 19970903 19970905 19970915 19970917 19970919"},
      {"19970905T090000", "FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "19970905 19971003 19971107 19971205"},
      {"19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU",
       "19970907 19970928 19971102 19971130"},
      {"19970922T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "19970922 19971020 19971117"},
      {"19970928T090000", "FREQ=MONTHLY;COUNT=3;BYMONTHDAY=-3", "19970928 19971029 19971128"},
      {"19970930T090000", "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1",
       "19970930 19971001 19971031 19971101"},
      {"19970610T090000", "FREQ=YEARLY;COUNT=4;BYMONTH=6,7", "19970610 19970710 19980610 19980710"},
      {"19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200",
       "19970101 19970410 19970719 20000101"},
      {"19970519T090000", "FREQ=YEARLY;COUNT=3;BYDAY=20MO", "19970519 19980518 19990517"},
      {"19970512T090000", "FREQ=YEARLY;COUNT=3;BYWEEKNO=20;BYDAY=MO", "19970512 19980511 19990517"},
      {"19970313T090000", "FREQ=YEARLY;COUNT=4;BYMONTH=3;BYDAY=TH",
       "19970313 19970320 19970327 19980305"},
      {"19980213T090000", "FREQ=MONTHLY;COUNT=4;BYDAY=FR;BYMONTHDAY=13",
       "19980213 19980313 19981113 19990813"},
      {"19961105T090000",
       "FREQ=YEARLY;COUNT=3;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
       "19961105 20001107 20041102"},
      {"19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
       "19970904 19971007 19971106"},
      {"19970929T090000", "FREQ=MONTHLY;COUNT=4;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
       "19970929 19971030 19971127 19971230"},
      {"19970902T090000", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000",
       "0902T0900 0902T1200 0902T1500"},
      {"19970902T090000", "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
       "0902T0900 0902T1030 0902T1200 0902T1330"},
      {"19970902T090000", "FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20;COUNT=5",
       "0902T0900 0902T0920 0902T1000 0902T1020 0903T0900"},
      {"19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
       "19970805 19970810 19970819 19970824"},
      {"19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
       "19970805 19970817 19970819 19970831"},
      {"20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
       "20070115 20070130 20070215 20070315 20070330"},
  };
  for (const Example& example : kExamples) {
    EXPECT_EQ(Unrolled(example.start, example.rule), example.times) << example.rule;
  }
}

TEST(RecurrenceRule, LeavesOutDaysThatDoNotExist) {
  EXPECT_EQ(Unrolled("20040229T090000", "FREQ=YEARLY;COUNT=3"), "20040229 20080229 20120229");
  EXPECT_EQ(Unrolled("20240131T090000", "FREQ=MONTHLY;COUNT=3"), "20240131 20240331 20240531");
}

TEST(RecurrenceRule, TakesTheWeekdayOfTheStartForWeeksOfTheYear) {
  EXPECT_EQ(Unrolled("20260107T090000", "FREQ=YEARLY;BYWEEKNO=2,-1;COUNT=4"),
            "20260107 20261230 20270113 20271229");
}

TEST(RecurrenceRule, CountsTheStartAlsoWhereItIsNoneOfItsDays) {
  EXPECT_EQ(Unrolled("20260105T090000", "FREQ=WEEKLY;BYDAY=TU;COUNT=3"),
            "20260105 20260106 20260113");
}

TEST(RecurrenceRule, IsReadAsProgramsWriteIt) {
  EXPECT_EQ(
      Unrolled("20150703T100000",
               "FREQ=daily;UNTIL=20150708T080000Z;INTERVAL=1;BYDAY=MO, TU, WE, TH, FR;WKST=SU"),
      "20150703 20150706 20150707");
  EXPECT_EQ(Unrolled("20150325T101010", "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU;;X-NEW=1;COUNT=2;"),
            "20150325 20151101");
}

TEST(RecurrenceRule, IsNotReadWhereItMakesNoSense) {
  for (const char* rule :
       {"", "COUNT=3", "FREQ=SOMETIMES", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=many", "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYMONTH=", "FREQ=DAILY;X",
        "FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=XX", "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=DAILY;UNTIL=soon", "FREQ=DAILY;BYHOUR=24",
        "FREQ=YEARLY;RSCALE=HEBREW", "%n;BYMONTH=", "FREQ=DAILY;COUNT=99999999999"}) {
    EXPECT_FALSE(ParseRecurrenceRule(rule)) << rule;
  }
}

TEST(RecurrenceRule, EndsWhateverItSays) {
  const absl::CivilSecond start(2000, 1, 1, 9, 0, 0);
  const RecurrenceBounds bounds{
      .last = absl::CivilSecond(2100, 1, 1), .max_occurrences = 100, .max_steps = 10'000};
  // The 30th of February, looked for second by second.
  Recurrences all =
      Unroll(*ParseRecurrenceRule("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), start, bounds);
  EXPECT_TRUE(all.cut);
  EXPECT_THAT(all.times, SizeIs(1));
  all = Unroll(*ParseRecurrenceRule("FREQ=SECONDLY"), start, bounds);
  EXPECT_TRUE(all.cut);
  EXPECT_THAT(all.times, SizeIs(100));
  std::string every_second = "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0";
  for (int i = 1; i < 24; ++i) every_second += "," + std::to_string(i);
  every_second += ";BYSETPOS=-1;BYMINUTE=0,30;BYSECOND=59,60";
  all = Unroll(*ParseRecurrenceRule(every_second), start, bounds);
  EXPECT_TRUE(all.cut);
  EXPECT_EQ(all.times.at(1), absl::CivilSecond(2000, 12, 31, 23, 30, 59));
  all = Unroll(*ParseRecurrenceRule("FREQ=YEARLY;INTERVAL=999999999"), start, bounds);
  EXPECT_FALSE(all.cut);
  EXPECT_THAT(all.times, SizeIs(1));
}

TEST(IcalValue, ReadsTimesThatExist) {
  EXPECT_EQ(ParseIcalTime("20260105", ""),
            (IcalTime{absl::CivilSecond(2026, 1, 5), IcalTime::Kind::kDate}));
  EXPECT_EQ(ParseIcalTime(" 20260105T093000Z", "Europe/Lisbon"),
            (IcalTime{absl::CivilSecond(2026, 1, 5, 9, 30, 0), IcalTime::Kind::kUtc}));
  EXPECT_EQ(ParseIcalTime("20260105T093060", "Europe/Lisbon"),
            (IcalTime{absl::CivilSecond(2026, 1, 5, 9, 30, 59), IcalTime::Kind::kZoned,
                      "Europe/Lisbon"}));
  for (const char* text :
       {"", "2026", "20260230", "20261301", "00000101", "20260105T24", "INVALID", "20260105T240000",
        "20260105T093000+01", "2026-01-05", "20260105X093000"}) {
    EXPECT_FALSE(ParseIcalTime(text, "")) << text;
  }
}

TEST(IcalValue, ReadsDurations) {
  EXPECT_EQ(ParseIcalDuration("PT8H30M"), absl::Minutes(510));
  EXPECT_EQ(ParseIcalDuration("P2W"), absl::Hours(14 * 24));
  EXPECT_EQ(ParseIcalDuration("-P0DT0H10M0S"), absl::Minutes(-10));
  for (const char* text : {"", "P", "PT", "8H", "PT8", "P8H", "PT8D", "PTT8H", "P999999999W"}) {
    EXPECT_FALSE(ParseIcalDuration(text)) << text;
  }
}

TEST(IcalValue, ReadsOffsets) {
  EXPECT_EQ(ParseUtcOffset("+0530"), absl::Minutes(330));
  EXPECT_EQ(ParseUtcOffset("-000115"), absl::Seconds(-75));
  for (const char* text : {"", "0100", "+01", "+5744", "+0160", "+01:00"}) {
    EXPECT_FALSE(ParseUtcOffset(text)) << text;
  }
}

TEST(RecurrenceRule, ALongListOfDaysIsASetThatCostsNoMoreThanAShortOne) {
  // Every ordinal of every weekday, some of them very often.
  std::string all;
  for (int i = 1; i <= 53; ++i) {
    for (const char* day : {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}) {
      all += std::to_string(i) + day + ",-" + std::to_string(i) + day + ",";
    }
  }
  for (int i = 0; i < 20'000; ++i) all += "1MO,";
  EXPECT_EQ(Unrolled("20260105T090000", "FREQ=YEARLY;COUNT=5;BYDAY=" + all),
            "20260105 20260106 20260107 20260108 20260109");
  EXPECT_EQ(Unrolled("20260105T090000", "FREQ=WEEKLY;COUNT=3;BYDAY=5MO,-3MO,7TU"),
            "20260105 20260106 20260112");

  // No month has a sixth Monday, so all days of all months are looked at.
  std::string none = "6MO";
  for (int i = 6; i <= 53; ++i) {
    for (const char* day : {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}) {
      none += "," + std::to_string(i) + day + ",-" + std::to_string(i) + day;
    }
  }
  const auto work = [](const std::string& days) {
    const auto rule = ParseRecurrenceRule("FREQ=MONTHLY;BYDAY=" + days);
    std::clock_t least = 0;
    for (int round = 0; round < 3; ++round) {
      const std::clock_t begin = std::clock();
      const Recurrences found =
          Unroll(*rule, absl::CivilSecond(2026, 1, 5),
                 {.last = absl::CivilSecond(9999, 1, 1), .max_steps = 200'000});
      const std::clock_t took = std::clock() - begin;
      EXPECT_TRUE(found.cut);
      if (round == 0 || took < least) least = took;
    }
    return least;
  };
  EXPECT_LT(work(none), 5 * work("6MO"));
}

}  // namespace
}  // namespace rapport::importer
