// A resource that is a message, a strategy and this test answers every standard method, over gRPC;
// and nothing else in the tree knows of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/resource/standard_methods.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "common/store/sqlite_store.h"
#include "common/testing/matchers.h"
#include "google/rpc/error_details.pb.h"
#include "tests/contributing/shelf_strategy.h"

namespace rapport::example {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kService[] = "rapport.example.v1.ShelfService";
constexpr char kHome[] = "tenants/home";

class Shelves : public ::testing::Test {
 protected:
  Shelves() : Shelves(&Shelves::Bind) {}
  explicit Shelves(void (Shelves::*bind)())
      : tokens_("0123456789abcdef0123456789abcdef"),
        shelves_(ShelfStrategy(), &tokens_, &rng_, nullptr),
        admission_({.fixed_tenant = "home"}, nullptr, clock_),
        executor_({.threads = 1}) {
    store::SqliteOptions options;
    options.tables = {&shelves_.table(), &resource::RequestLog::table()};
    options.clock = &clock_;
    auto opened = store::SqliteStore::Open(std::move(options));
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    methods_ = std::make_unique<resource::Methods>(&table_, store_.get(), &executor_);
    (this->*bind)();
    EXPECT_OK(table_.CheckComplete());
    auto started = rpc::Server::Start({.listen = {"127.0.0.1:0"}, .store_id = store_->id()}, table_,
                                      &admission_, &executor_, nullptr, nullptr, clock_);
    EXPECT_OK(started);
    server_ = *std::move(started);
    client_ = std::make_unique<rpc::Client>(
        rpc::ClientOptions{.target = server_->addresses().front(), .own_connection = true});
  }

  void Bind() {
    // All that there is to do.
    resource::Bind<v1::GetShelfRequest>(methods_.get(), shelves_);
  }
  // More follows from the number of their places.
  void BindStirring() {
    resource::Bind<v1::GetShelfRequest>(
        methods_.get(), shelves_,
        {.stirs = [](const v1::Shelf& before,
                     const v1::Shelf& after) { return before.places() != after.places(); },
         .refresh =
             [this](store::Tx&, const base::CallContext&) {
               ++refreshed_;
               return refreshing_;
             }});
  }
  template <class Response>
  absl::StatusOr<Response> Call(const std::string& method,
                                const google::protobuf::Message& request) {
    return client_->Call<Response>(absl::StrCat(kService, "/", method), request);
  }
  static v1::CreateShelfRequest ToCreate(const std::string& id, const std::string& theme,
                                         int lent = 0) {
    v1::CreateShelfRequest request;
    request.set_parent(kHome);
    request.set_shelf_id(id);
    request.mutable_shelf()->set_theme(theme);
    request.mutable_shelf()->set_places(10);
    request.mutable_shelf()->set_lent(lent);
    return request;
  }
  v1::Shelf Create(const std::string& id, const std::string& theme, int lent = 0) {
    auto made = Call<v1::Shelf>("CreateShelf", ToCreate(id, theme, lent));
    EXPECT_OK(made);
    return made.value_or(v1::Shelf());
  }
  absl::StatusOr<v1::Shelf> Get(const std::string& id) {
    v1::GetShelfRequest request;
    request.set_name(NameOf(id));
    return Call<v1::Shelf>("GetShelf", request);
  }
  // Ids; the filter may leave the last page empty.
  std::vector<std::string> List(const std::string& filter = "", const std::string& order_by = "",
                                bool show_deleted = false) {
    v1::ListShelvesRequest request;
    request.set_parent(kHome);
    request.set_page_size(2);
    request.set_filter(filter);
    request.set_order_by(order_by);
    request.set_show_deleted(show_deleted);
    std::vector<std::string> ids;
    do {
      const auto page = Call<v1::ListShelvesResponse>("ListShelves", request);
      EXPECT_OK(page);
      if (!page.ok()) break;
      for (const auto& shelf : page->shelves()) ids.push_back(shelf.uid());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }
  static std::string NameOf(const std::string& id) { return absl::StrCat(kHome, "/shelves/", id); }
  static std::vector<std::string> FieldsOf(const absl::Status& status) {
    std::vector<std::string> fields;
    google::rpc::BadRequest bad;
    const auto proto = errors::ToProto(status);
    for (const auto& detail : proto.details()) {
      if (!detail.UnpackTo(&bad)) continue;
      for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
    }
    return fields;
  }

  static std::string ItemOf(const absl::Status& status) {
    google::rpc::ErrorInfo info;
    const auto proto = errors::ToProto(status);
    for (const auto& detail : proto.details()) detail.UnpackTo(&info);
    return info.metadata().contains("item") ? info.metadata().at("item") : "";
  }

  const time::SystemClock clock_;
  const resource::PageTokens tokens_;
  base::SystemRng rng_;
  const resource::Registry<v1::Shelf> shelves_;
  rpc::Admission admission_;
  rpc::Executor executor_;
  std::unique_ptr<store::SqliteStore> store_;
  rpc::MethodTable table_;
  std::unique_ptr<resource::Methods> methods_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Client> client_;
  int refreshed_ = 0;
  absl::Status refreshing_;
};

TEST_F(Shelves, AreMadeReadChangedDeletedAndBroughtBack) {
  const auto made = Create("poems", "Poems", 2);
  EXPECT_EQ(made.name(), NameOf("poems"));
  EXPECT_EQ(made.revision(), 1);
  EXPECT_EQ(errors::ReasonOf(Call<v1::Shelf>("CreateShelf", ToCreate("poems", "x")).status()),
            type::v1::RESOURCE_EXISTS);
  EXPECT_EQ(FieldsOf(Call<v1::Shelf>("CreateShelf", ToCreate("full", "x", 11)).status()),
            std::vector<std::string>{"shelf.lent"});

  v1::UpdateShelfRequest update;
  update.mutable_shelf()->set_name(made.name());
  update.mutable_shelf()->set_lent(3);
  update.mutable_shelf()->set_etag(made.etag());
  update.set_validate_only(true);
  ASSERT_OK_AND_ASSIGN(auto changed, Call<v1::Shelf>("UpdateShelf", update));
  EXPECT_EQ(changed.lent(), 3);
  EXPECT_EQ(Get("poems")->lent(), 2) << "validate_only has done something";
  update.set_validate_only(false);
  update.set_request_id("01920000-0000-7000-8000-000000000001");
  ASSERT_OK_AND_ASSIGN(changed, Call<v1::Shelf>("UpdateShelf", update));
  ASSERT_OK_AND_ASSIGN(const auto replayed, Call<v1::Shelf>("UpdateShelf", update));
  EXPECT_EQ(replayed.revision(), 2);
  update.clear_request_id();
  EXPECT_EQ(errors::ReasonOf(Call<v1::Shelf>("UpdateShelf", update).status()),
            type::v1::ETAG_MISMATCH);

  v1::DeleteShelfRequest remove;
  remove.set_name(made.name());
  ASSERT_OK_AND_ASSIGN(const auto deleted, Call<v1::Shelf>("DeleteShelf", remove));
  EXPECT_TRUE(deleted.has_purge_time());
  EXPECT_THAT(List(), IsEmpty());
  EXPECT_THAT(List("", "", true), ElementsAre("poems"));
  EXPECT_TRUE(Get("poems")->has_delete_time());
  v1::UndeleteShelfRequest undelete;
  undelete.set_name(made.name());
  ASSERT_OK_AND_ASSIGN(const auto back, Call<v1::Shelf>("UndeleteShelf", undelete));
  EXPECT_FALSE(back.has_delete_time());
  EXPECT_THAT(List(), ElementsAre("poems"));
  EXPECT_EQ(errors::ReasonOf(Call<v1::Shelf>("UndeleteShelf", undelete).status()),
            type::v1::STATE_TRANSITION);
}

TEST_F(Shelves, AreListedAsAskedFor) {
  Create("a", "Poems", 3);
  Create("b", "Novels", 1);
  Create("c", "Short poems", 2);
  Create("d", "Maps", 2);
  EXPECT_THAT(List(), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(List("theme:poems AND lent > 1"), ElementsAre("a", "c"));
  EXPECT_THAT(List("", "lent desc"), ElementsAre("a", "d", "c", "b"));
  EXPECT_THAT(List("", "theme"), ElementsAre("d", "b", "a", "c"));
  EXPECT_THAT(List("", "lent desc, theme"), ElementsAre("a", "d", "c", "b"));
  v1::ListShelvesRequest request;
  request.set_parent(kHome);
  request.set_filter("colour = red");
  EXPECT_EQ(errors::ReasonOf(Call<v1::ListShelvesResponse>("ListShelves", request).status()),
            type::v1::FILTER_SYNTAX);
}

TEST_F(Shelves, ComeInBatchesThatAreDoneWhollyOrNotAtAll) {
  v1::BatchCreateShelvesRequest create;
  create.set_parent(kHome);
  *create.add_requests() = ToCreate("b", "Novels");
  *create.add_requests() = ToCreate("a", "Poems");
  ASSERT_OK_AND_ASSIGN(const auto made,
                       Call<v1::BatchCreateShelvesResponse>("BatchCreateShelves", create));
  ASSERT_EQ(made.shelves_size(), 2);
  EXPECT_EQ(made.shelves(0).uid(), "b");
  *create.mutable_requests(0) = ToCreate("c", "Maps");
  const auto taken = Call<v1::BatchCreateShelvesResponse>("BatchCreateShelves", create);
  EXPECT_EQ(errors::ReasonOf(taken.status()), type::v1::RESOURCE_EXISTS);
  EXPECT_EQ(ItemOf(taken.status()), "requests[1]");
  EXPECT_THAT(List(), ElementsAre("a", "b"));

  create.mutable_requests(0)->set_request_id("01920000-0000-7000-8000-000000000001");
  create.mutable_requests(1)->set_validate_only(true);
  EXPECT_THAT(FieldsOf(Call<v1::BatchCreateShelvesResponse>("BatchCreateShelves", create).status()),
              ElementsAre("requests[0].request_id", "requests[1].validate_only"));

  v1::BatchUpdateShelvesRequest update;
  update.set_parent(kHome);
  for (const char* id : {"b", "a"}) {
    auto* item = update.add_requests()->mutable_shelf();
    item->set_name(NameOf(id));
    item->set_lent(4);
  }
  ASSERT_OK_AND_ASSIGN(const auto changed,
                       Call<v1::BatchUpdateShelvesResponse>("BatchUpdateShelves", update));
  EXPECT_EQ(changed.shelves(1).uid(), "a");
  EXPECT_EQ(changed.shelves(1).lent(), 4);
  update.mutable_requests(0)->mutable_shelf()->set_lent(5);
  update.mutable_requests(1)->mutable_shelf()->set_lent(11);
  EXPECT_THAT(FieldsOf(Call<v1::BatchUpdateShelvesResponse>("BatchUpdateShelves", update).status()),
              ElementsAre("requests[1].shelf.lent"));
  EXPECT_EQ(Get("b")->lent(), 4);
  update.mutable_requests(1)->mutable_shelf()->set_name(NameOf("b"));
  EXPECT_THAT(FieldsOf(Call<v1::BatchUpdateShelvesResponse>("BatchUpdateShelves", update).status()),
              ElementsAre("requests[1].shelf.name"));

  v1::BatchGetShelvesRequest get;
  get.set_parent(kHome);
  for (const char* id : {"b", "a", "b"}) get.add_names(NameOf(id));
  ASSERT_OK_AND_ASSIGN(const auto found, Call<v1::BatchGetShelvesResponse>("BatchGetShelves", get));
  ASSERT_EQ(found.shelves_size(), 3);
  EXPECT_EQ(found.shelves(2).uid(), "b");
  get.add_names(NameOf("nobody"));
  EXPECT_EQ(errors::ReasonOf(Call<v1::BatchGetShelvesResponse>("BatchGetShelves", get).status()),
            type::v1::RESOURCE_UNKNOWN);
}

TEST_F(Shelves, AreBatchedUpToABoundInBytes) {
  v1::BatchGetShelvesRequest get;
  get.set_parent(kHome);
  EXPECT_OK(store::TransactAndWait(
      *store_, {}, base::TenantId::Trusted("home"), [&](store::Tx& tx) -> absl::Status {
        for (int i = 0; i < 18; ++i) {
          v1::Shelf shelf;
          shelf.set_name(NameOf(absl::StrCat("s", i)));
          shelf.set_theme(std::string(1 << 20, 'x'));  // by another way than the API
          if (absl::Status put = shelves_.Put(tx, shelf); !put.ok()) return put;
          get.add_names(shelf.name());
        }
        return absl::OkStatus();
      }));
  const auto refused = Call<v1::BatchGetShelvesResponse>("BatchGetShelves", get).status();
  EXPECT_THAT(refused, testing::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(errors::ReasonOf(refused), type::v1::FIELD);
  EXPECT_THAT(FieldsOf(refused), ElementsAre("names[15]"));
  get.mutable_names()->DeleteSubrange(15, 3);
  EXPECT_OK(Call<v1::BatchGetShelvesResponse>("BatchGetShelves", get));
}

class StirringShelves : public Shelves {
 protected:
  StirringShelves() : Shelves(&StirringShelves::BindStirring) {}
};

TEST_F(StirringShelves, AreRefreshedOnceForACall) {
  v1::BatchUpdateShelvesRequest update;
  update.set_parent(kHome);
  for (const char* id : {"a", "b", "c"}) {
    Create(id, "Poems");
    auto* item = update.add_requests()->mutable_shelf();
    item->set_name(NameOf(id));
    item->set_places(20);
  }
  ASSERT_OK(Call<v1::BatchUpdateShelvesResponse>("BatchUpdateShelves", update));
  EXPECT_EQ(refreshed_, 1);
  update.mutable_requests(1)->mutable_shelf()->set_theme("Maps");
  ASSERT_OK(Call<v1::BatchUpdateShelvesResponse>("BatchUpdateShelves", update));
  EXPECT_EQ(refreshed_, 1) << "nothing follows from a theme";
  update.mutable_requests(0)->mutable_shelf()->set_places(30);
  ASSERT_OK(Call<v1::Shelf>("UpdateShelf", update.requests(0)));
  EXPECT_EQ(refreshed_, 2);
  update.mutable_requests(0)->mutable_shelf()->set_name(NameOf("nobody"));
  EXPECT_EQ(errors::ReasonOf(Call<v1::Shelf>("UpdateShelf", update.requests(0)).status()),
            type::v1::RESOURCE_UNKNOWN);
  // What cannot be refreshed is not changed.
  refreshing_ = errors::StoreUnavailable();
  update.mutable_requests(1)->mutable_shelf()->set_places(40);
  EXPECT_THAT(Call<v1::Shelf>("UpdateShelf", update.requests(1)),
              testing::StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Get("b")->places(), 20);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Every file of the tree that knows the resource.
TEST(NewResource, IsAMessageAStrategyAndATest) {
  const std::filesystem::path root = RAPPORT_SOURCE_DIR;
  std::set<std::string> knowing;
  for (const char* room :
       {"cmake", "common", "deploy", "docs", "examples", "protos", "services", "tests", "tools"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / room)) {
      if (!entry.is_regular_file() || entry.file_size() > (1 << 20)) continue;
      if (absl::StrContains(ReadFile(entry.path()), "v1::Shelf") ||
          absl::StrContains(ReadFile(entry.path()), "message Shelf")) {
        knowing.insert(entry.path().lexically_relative(root).string());
      }
    }
  }
  EXPECT_THAT(knowing, ElementsAre("docs/contributing/new-resource.md",
                                   "tests/contributing/protos/rapport/example/v1/shelf.proto",
                                   "tests/contributing/shelf_strategy.h",
                                   "tests/contributing/shelf_test.cc"));
  const std::string strategy = ReadFile(root / "tests/contributing/shelf_strategy.h");
  EXPECT_LT(std::count(strategy.begin(), strategy.end(), '\n'), 100);
}

// What the page shows as added is what stands in the files.
TEST(NewResource, IsShownAsItIs) {
  const std::filesystem::path root = RAPPORT_SOURCE_DIR;
  std::string file;
  std::string text;
  int shown = 0;
  for (const absl::string_view line :
       absl::StrSplit(ReadFile(root / "docs/contributing/new-resource.md"), '\n')) {
    if (absl::StartsWith(line, "+++ ")) {
      file = std::string(line.substr(4));
      text = ReadFile(root / file);
    } else if (absl::StartsWith(line, "+")) {
      ++shown;
      EXPECT_TRUE(absl::StrContains(text, absl::StrCat("\n", line.substr(1), "\n")))
          << file << " has no line \"" << line.substr(1) << "\"";
    }
  }
  EXPECT_GT(shown, 40);
}

}  // namespace
}  // namespace rapport::example
