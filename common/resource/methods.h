// Binds handlers to methods: reads get a snapshot on the read lane, writes run inside one
// transaction on the write lane with request_id and validate_only taken care of, hot reads answer
// from memory on the loop.
#ifndef RAPPORT_COMMON_RESOURCE_METHODS_H_
#define RAPPORT_COMMON_RESOURCE_METHODS_H_

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/batch_view.h"
#include "common/resource/request_log.h"
#include "common/resource/row_reads.h"
#include "common/resource/write_options.h"
#include "common/rpc/codec.h"
#include "common/rpc/executor.h"
#include "common/rpc/method_table.h"
#include "common/store/store.h"

namespace rapport::resource {

class Methods {
 public:
  // All must outlive the server that runs the table. `rows` is null where this process owns the
  // store: there the memory of hot reads is better.
  Methods(rpc::MethodTable* table, store::Store* store, rpc::Executor* executor,
          const RowReads* rows = nullptr)
      : table_(table), store_(store), executor_(executor), rows_(rows) {}

  template <class Request, class Response>
  using ReadHandler = std::function<absl::StatusOr<Response>(
      store::Snapshot&, const base::CallContext&, const Request&)>;
  template <class Request, class Response>
  using WriteHandler =
      std::function<absl::StatusOr<Response>(store::Tx&, const base::CallContext&, const Request&)>;
  // A read handler whose Response is grpc::ByteBuffer answers in serialized form.
  // From memory, or nothing: then the read handler answers.
  template <class Request>
  using HotHandler = std::function<absl::optional<absl::StatusOr<grpc::ByteBuffer>>(
      const base::CallContext&, const Request&)>;
  // From rows by primary key, which come through the shared cache where there is one.
  template <class Request>
  struct RowsHandler {
    std::function<absl::StatusOr<std::vector<RowRef>>(const base::CallContext&, const Request&)>
        rows;
    // Of these rows, or nothing: then the read handler answers.
    std::function<absl::optional<absl::StatusOr<grpc::ByteBuffer>>(
        const base::CallContext&, const Request&, const RowReads::Rows&)>
        answer;
  };

  // From one row by its primary key, see BatchView::Get.
  template <class Request>
  struct RowHandler {
    std::function<absl::StatusOr<RowRef>(const Request&)> row;
    std::function<absl::StatusOr<grpc::ByteBuffer>(const base::CallContext&, const Request&,
                                                   const BatchView::Found&)>
        answer;
  };

  template <class Request, class Response>
  rpc::Method& Read(absl::string_view name, ReadHandler<Request, Response> handler) {
    return table_->Unary(name, rpc::Lane::kRead, ReadCall<Request, Response>(std::move(handler)));
  }
  template <class Request>
  rpc::Method& ReadRow(absl::string_view name, RowHandler<Request> handler) {
    return table_->Unary(name, rpc::Lane::kRead, RowCall<Request>(std::move(handler)));
  }

  // Where this process owns the store: answers `hot` if it can, else `cold`. Elsewhere: from rows,
  // if the caller does not ask to pass the shared cache by, else `cold`.
  template <class Request, class Response>
  rpc::Method& Hot(absl::string_view name, HotHandler<Request> hot, RowsHandler<Request> shared,
                   ReadHandler<Request, Response> cold) {
    return HotCall<Request>(name, std::move(hot), std::move(shared),
                            ReadCall<Request, Response>(std::move(cold)));
  }
  template <class Request>
  rpc::Method& Hot(absl::string_view name, HotHandler<Request> hot, RowsHandler<Request> shared,
                   RowHandler<Request> cold) {
    return HotCall<Request>(name, std::move(hot), std::move(shared),
                            RowCall<Request>(std::move(cold)));
  }

  template <class Request, class Response>
  rpc::Method& Write(absl::string_view name, WriteHandler<Request, Response> handler) {
    return table_->Unary(name, rpc::Lane::kLoop, WriteCall<Request, Response>(std::move(handler)));
  }
  // Each message of the stream is a transaction of its own, acknowledged in order.
  template <class Request, class Response>
  rpc::Method& WriteStream(absl::string_view name, WriteHandler<Request, Response> handler) {
    return table_->Bidi(name, rpc::Lane::kLoop, WriteCall<Request, Response>(std::move(handler)));
  }

 private:
  template <class Request>
  rpc::Method& HotCall(absl::string_view name, HotHandler<Request> hot, RowsHandler<Request> shared,
                       rpc::Handler cold) {
    if (rows_ == nullptr) {
      return table_->Unary(
          name, rpc::Lane::kLoop,
          [this, hot = std::move(hot), cold = std::move(cold)](rpc::Call& call) {
            if (auto answer = hot(call.context(), static_cast<const Request&>(call.request()))) {
              return Finish(call, *std::move(answer));
            }
            ReadOnLane(call, cold);
          });
    }
    struct Ways {
      Methods* methods;
      RowsHandler<Request> shared;
      rpc::Handler cold;
    };
    const auto ways = std::make_shared<const Ways>(Ways{this, std::move(shared), std::move(cold)});
    return table_->Unary(name, rpc::Lane::kLoop, [ways](rpc::Call& call) {
      if (call.context().consistency.level == base::Consistency::Level::kFullyConsistent) {
        return ways->methods->ReadOnLane(call, ways->cold);
      }
      auto rows = ways->shared.rows(call.context(), static_cast<const Request&>(call.request()));
      if (!rows.ok()) return call.Finish(rows.status());
      // The table outlives the call. Two pointers take no memory of their own.
      ways->methods->rows_->Get(call.context(), *std::move(rows),
                                [&call, ways = ways.get()](absl::StatusOr<RowReads::Rows> found) {
                                  if (!found.ok()) return call.Finish(found.status());
                                  auto answer = ways->shared.answer(
                                      call.context(), static_cast<const Request&>(call.request()),
                                      *found);
                                  if (!answer) return ways->methods->ReadOnLane(call, ways->cold);
                                  Finish(call, *std::move(answer), RowReads::AgeOf(*found));
                                });
    });
  }

  template <class Request>
  rpc::Handler RowCall(RowHandler<Request> handler) {
    return [this, handler = std::move(handler)](rpc::Call& call) {
      const auto& request = static_cast<const Request&>(call.request());
      auto row = handler.row(request);
      if (!row.ok()) return call.Finish(row.status());
      BatchView::Get(store_, call.context(), *row->table, std::move(row->key),
                     [&call, &request, &handler](absl::StatusOr<BatchView::Found> found) {
                       if (!found.ok()) return call.Finish(found.status());
                       Finish(call, handler.answer(call.context(), request, *found));
                     });
    };
  }
  template <class Request, class Response>
  rpc::Handler ReadCall(ReadHandler<Request, Response> handler) {
    return [this, handler = std::move(handler)](rpc::Call& call) {
      const auto view = BatchView::Open(store_, call.context());
      if (!view.ok()) {
        call.Finish(view.status());
        return;
      }
      auto response = handler(**view, call.context(), static_cast<const Request&>(call.request()));
      if (!response.ok()) {
        call.Finish(response.status());
      } else if constexpr (std::is_same_v<Response, grpc::ByteBuffer>) {
        call.Finish(rpc::Answer{*std::move(response), 0});
      } else {
        call.Finish(rpc::Answer{rpc::Serialize(*response), 0});
      }
    };
  }

  static void Finish(rpc::Call& call, absl::StatusOr<grpc::ByteBuffer> answer,
                     absl::Duration age = absl::ZeroDuration()) {
    if (answer.ok()) {
      call.Finish(rpc::Answer{*std::move(answer), 0, age});
    } else {
      call.Finish(answer.status());
    }
  }
  void ReadOnLane(rpc::Call& call, const rpc::Handler& read) {
    if (!executor_->Submit(call.context().tenant.value(), rpc::Executor::Length::kShort,
                           [&call, &read] { read(call); })) {
      call.Finish(errors::Overloaded("read lane"));
    }
  }

  template <class Request, class Response>
  rpc::Handler WriteCall(WriteHandler<Request, Response> handler) {
    return [this, handler = std::move(handler)](rpc::Call& call) {
      auto response = std::make_shared<absl::optional<grpc::ByteBuffer>>();
      store_->Transact(
          call.context(), call.context().tenant,
          [&call, &handler, response](store::Tx& tx) -> absl::Status {
            const auto& request = static_cast<const Request&>(call.request());
            response->reset();
            const RequestLog::Entry entry =
                RequestLog::EntryFor(call.context(), RequestIdOf(request), request);
            if (entry.active()) {
              ASSIGN_OR_RETURN(auto replay, RequestLog::Find(tx, entry));
              if (replay) {
                *response = rpc::Wrap(*replay);
                return absl::OkStatus();
              }
            }
            absl::StatusOr<Response> made = handler(tx, call.context(), request);
            if (!made.ok()) return made.status();
            const google::protobuf::Message& answer = AnswerOf(*made);
            *response = rpc::Serialize(answer);
            if (ValidatesOnly(request)) return absl::CancelledError();  // rolls back
            if (entry.active()) {
              return RequestLog::Keep(tx, entry, answer.SerializeAsString(), call.context().now);
            }
            return absl::OkStatus();
          },
          [&call, response](absl::StatusOr<std::int64_t> sequence) {
            const bool only_validated =
                absl::IsCancelled(sequence.status()) && response->has_value();
            if (!sequence.ok() && !only_validated) {
              call.Finish(sequence.status());
              return;
            }
            call.Finish(rpc::Answer{*std::move(*response), sequence.ok() ? *sequence : 0});
          });
    };
  }

  rpc::MethodTable* const table_;
  store::Store* const store_;
  rpc::Executor* const executor_;
  const RowReads* const rows_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_METHODS_H_
