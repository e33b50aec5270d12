//! The fields of rapport.contact.v1.Relationship that the stored ones have.

#[derive(Clone, PartialEq, prost::Message)]
pub struct GetRelationshipRequest {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Timestamp {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Rhythm {
    #[prost(double, tag = "1")]
    pub wish_days: f64,
    #[prost(double, tag = "2")]
    pub tolerate_days: f64,
    #[prost(int32, tag = "3")]
    pub source: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Relationship {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub uid: String,
    #[prost(string, tag = "3")]
    pub etag: String,
    #[prost(int64, tag = "4")]
    pub revision: i64,
    #[prost(message, optional, tag = "5")]
    pub create_time: Option<Timestamp>,
    #[prost(message, optional, tag = "6")]
    pub update_time: Option<Timestamp>,
    #[prost(string, tag = "10")]
    pub person: String,
    #[prost(string, tag = "11")]
    pub house: String,
    #[prost(int32, tag = "12")]
    pub standing: i32,
    #[prost(string, repeated, tag = "13")]
    pub stewards: Vec<String>,
    #[prost(message, optional, tag = "15")]
    pub effective_rhythm: Option<Rhythm>,
    #[prost(bool, tag = "16")]
    pub human_only: bool,
    #[prost(string, repeated, tag = "18")]
    pub labels: Vec<String>,
    #[prost(string, tag = "19")]
    pub standing_reason: String,
    #[prost(bool, tag = "21")]
    pub orphaned: bool,
}
