//! What tonic's generator would make of a service rapport.benchmarks.Bare with the one method Call.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::{http, Service};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::messages::{GetRelationshipRequest, Relationship};
use crate::Relationships;

type Pinned<T> = Pin<Box<dyn Future<Output = T> + Send>>;

#[derive(Clone)]
pub struct BareServer {
    inner: Relationships,
}

impl BareServer {
    pub fn new(inner: Relationships) -> Self {
        Self { inner }
    }
}

impl NamedService for BareServer {
    const NAME: &'static str = "rapport.benchmarks.Bare";
}

struct Call(Relationships);

impl UnaryService<GetRelationshipRequest> for Call {
    type Response = Relationship;
    type Future = Pinned<Result<Response<Relationship>, Status>>;

    fn call(&mut self, request: Request<GetRelationshipRequest>) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move { inner.get(request).await })
    }
}

impl Service<http::Request<Body>> for BareServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pinned<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let inner = self.inner.clone();
        Box::pin(async move {
            if request.uri().path() != "/rapport.benchmarks.Bare/Call" {
                return Ok(Status::unimplemented("no such method").into_http());
            }
            let codec = ProstCodec::<Relationship, GetRelationshipRequest>::default();
            Ok(Grpc::new(codec).unary(Call(inner), request).await)
        })
    }
}
