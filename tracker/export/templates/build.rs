//! Does nothing without the feature `recompile`. With it: hipcc compiles every source to LLVM bitcode, lld links them to
//! one code object per architecture.
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

#[rustfmt::skip]
const ARCHS: &[&str] = $archs;
#[rustfmt::skip]
const UNITS: &[&str] = $units;
#[rustfmt::skip]
const INCLUDES: &[&str] = $includes;
#[rustfmt::skip]
const DEFINES: &[&str] = $defines;

fn main() {
    println!("cargo:rerun-if-changed=sources");
    println!("cargo:rerun-if-env-changed=HIPCC");
    if env::var_os("CARGO_FEATURE_RECOMPILE").is_none() {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));
    let hipcc = env::var("HIPCC").unwrap_or_else(|_| "hipcc".to_owned());
    let linker = output(Command::new(&hipcc).arg("-print-prog-name=ld.lld"));
    for arch in ARCHS {
        let bitcode: Vec<PathBuf> = UNITS.iter().map(|unit| compile(&hipcc, unit, arch, &out)).collect();
        output(
            Command::new(linker.trim())
                .args(["-shared", "--strip-all", "-plugin-opt=O3"])
                .arg(format!("-plugin-opt=mcpu={arch}"))
                .args(&bitcode)
                .arg("-o")
                .arg(out.join(format!("{arch}.hsaco"))),
        );
    }
}

fn compile(hipcc: &str, unit: &str, arch: &str, out: &Path) -> PathBuf {
    let product = out.join(format!("{}-{arch}.bc", unit.replace('/', "-")));
    let mut command = Command::new(hipcc);
    command
        .args(["-x", "hip", "-std=c++17", "-O3", "--cuda-device-only", "-fgpu-rdc"])
        .args(["-mcode-object-version=5", "-emit-llvm", "-c"])
        .arg(format!("--offload-arch={arch}"))
        .args(INCLUDES.iter().map(|folder| format!("-Isources/{folder}")))
        .args(DEFINES.iter().map(|define| format!("-D{define}")))
        .arg(format!("sources/{unit}"))
        .arg("-o")
        .arg(&product);
    output(&mut command);
    product
}

fn output(command: &mut Command) -> String {
    let done = match command.output() {
        Ok(done) => done,
        Err(error) => {
            panic!("{:?} cannot be started ({error}): install ROCm's hipcc or set HIPCC", command.get_program())
        }
    };
    if !done.status.success() {
        panic!("{command:?} failed:\n{}", String::from_utf8_lossy(&done.stderr));
    }
    String::from_utf8_lossy(&done.stdout).into_owned()
}
