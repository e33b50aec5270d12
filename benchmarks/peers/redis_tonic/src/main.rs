//! The peer to beat: tonic and redis-rs on one single-threaded runtime, so that Redis is read on the
//! thread that serves. One GET for each call, through one multiplexed connection. As tonic does it
//! by default, the request is parsed, and what Redis holds is parsed and serialized again.
//!
//!   redis_tonic --listen=PATH|HOST:PORT --redis=PATH --prefix=TEXT     (a PATH is a Unix socket)

mod messages;
mod service;

use redis::aio::MultiplexedConnection;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};

use messages::{GetRelationshipRequest, Relationship};

#[derive(Clone)]
pub struct Relationships {
    redis: MultiplexedConnection,
    prefix: String,
}

impl Relationships {
    pub async fn get(
        &self,
        request: Request<GetRelationshipRequest>,
    ) -> Result<Response<Relationship>, Status> {
        let key = [self.prefix.as_str(), &request.into_inner().name].concat();
        let stored: Option<bytes::Bytes> = redis::cmd("GET")
            .arg(key)
            .query_async(&mut self.redis.clone())
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let bytes = stored.ok_or_else(|| Status::not_found("no such relationship"))?;
        prost::Message::decode(bytes)
            .map(Response::new)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

fn flag(name: &str) -> Result<String, String> {
    let start = format!("--{name}=");
    std::env::args()
        .find_map(|argument| argument.strip_prefix(&start).map(str::to_owned))
        .ok_or(format!("say {start}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = redis::Client::open(format!("redis+unix://{}", flag("redis")?))?;
    let service = Relationships {
        redis: client.get_multiplexed_async_connection().await?,
        prefix: flag("prefix")?,
    };
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let ended = async move {
        terminate.recv().await;
    };
    let server =
        tonic::transport::Server::builder().add_service(service::BareServer::new(service));
    let listen = flag("listen")?;
    match listen.parse() {
        Ok(address) => server.serve_with_shutdown(address, ended).await?,
        Err(_) => {
            let listener = UnixListenerStream::new(UnixListener::bind(listen)?);
            server.serve_with_incoming_shutdown(listener, ended).await?
        }
    }
    Ok(())
}
