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

  template <class Request, class Response>
  rpc::Method& Read(absl::string_view name, ReadHandler<Request, Response> handler) {
    return table_->Unary(name, rpc::Lane::kRead, ReadCall<Request, Response>(std::move(handler)));
  }

  // Answers `hot` if it can, else from rows where there is a shared cache and the caller does not
  // ask to pass it by, else `cold`.
  template <class Request, class Response>
  rpc::Method& Hot(absl::string_view name, HotHandler<Request> hot, RowsHandler<Request> shared,
                   ReadHandler<Request, Response> cold) {
    return table_->Unary(
        name, rpc::Lane::kLoop,
        [this, hot = std::move(hot), shared = std::move(shared),
         read = ReadCall<Request, Response>(std::move(cold))](rpc::Call& call) {
          const auto& request = static_cast<const Request&>(call.request());
          if (auto answer = hot(call.context(), request)) return Finish(call, *std::move(answer));
          if (rows_ == nullptr ||
              call.context().consistency.level == base::Consistency::Level::kFullyConsistent) {
            return ReadOnLane(call, read);
          }
          auto rows = shared.rows(call.context(), request);
          if (!rows.ok()) return call.Finish(rows.status());
          rows_->Get(call.context(), *rows,
                     [this, &call, &request, &shared, &read](absl::StatusOr<RowReads::Rows> found) {
                       if (!found.ok()) return call.Finish(found.status());
                       auto answer = shared.answer(call.context(), request, *found);
                       if (!answer) return ReadOnLane(call, read);
                       Finish(call, *std::move(answer), RowReads::AgeOf(*found));
                     });
        });
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
            RequestLog::Entry entry;
            if constexpr (requires { request.request_id(); }) {
              entry = RequestLog::EntryFor(call.context(), request.request_id(), request);
            }
            if (entry.active()) {
              ASSIGN_OR_RETURN(auto replay, RequestLog::Find(tx, entry));
              if (replay) {
                *response = rpc::Wrap(*replay);
                return absl::OkStatus();
              }
            }
            absl::StatusOr<Response> made = handler(tx, call.context(), request);
            if (!made.ok()) return made.status();
            *response = rpc::Serialize(*made);
            if constexpr (requires { request.validate_only(); }) {
              if (request.validate_only()) return absl::CancelledError();  // rolls back
            }
            if (entry.active()) {
              return RequestLog::Keep(tx, entry, made->SerializeAsString(), call.context().now);
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
