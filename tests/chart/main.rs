//! The chart as Helm renders it: checked as data, by the schemas of Kubernetes and of the custom resources, and by the
//! policies that platform teams hold charts to. `cargo xtask test` brings the programs and says where they are.

mod alerts;
mod permissions;
mod policy;
mod readme;
mod rendering;
mod scaling;
mod schemas;
mod values;
