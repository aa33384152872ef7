//! The embedded files are what the lists say: AMD GPU code objects of the named processors that hold every kernel.
//! ELF layout: the System V ABI; machine, OS ABI and flags: LLVM AMDGPUUsage, "ELF Code Object".
use $crate::{quantized, CODE_OBJECTS, EVIDENCE, KERNELS, RECOMPILED, UNVERIFIED};
use std::collections::{HashMap, HashSet};

const EM_AMDGPU: u64 = 224;
const ELFOSABI_AMDGPU_HSA: u8 = 64;
const SHT_DYNSYM: u64 = 11;
const STT_OBJECT: u64 = 1;
const STT_FUNC: u64 = 2;
const DESCRIPTOR_SIZE: u64 = 64;

fn number(bytes: &[u8], offset: usize, size: usize) -> u64 {
    bytes[offset..offset + size].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// (type, size) by name of every symbol that a loader can see.
fn symbols(elf: &[u8]) -> HashMap<String, (u64, u64)> {
    let table = number(elf, 40, 8) as usize;
    let (entry, count) = (number(elf, 58, 2) as usize, number(elf, 60, 2) as usize);
    let header = |index: usize| table + index * entry;
    let place = |at: usize| (number(elf, at + 24, 8) as usize, number(elf, at + 32, 8) as usize);
    let at = (0..count).map(header).find(|at| number(elf, at + 4, 4) == SHT_DYNSYM).expect("no dynamic symbols");
    let (strings, _) = place(header(number(elf, at + 40, 4) as usize));
    let (first, size) = place(at);
    (first..first + size)
        .step_by(24)
        .map(|symbol| {
            let name = elf[strings + number(elf, symbol, 4) as usize..].split(|byte| *byte == 0).next().unwrap();
            let facts = (number(elf, symbol + 4, 1) & 15, number(elf, symbol + 16, 8));
            (String::from_utf8(name.to_vec()).expect("a name that is not text"), facts)
        })
        .collect()
}

#[test]
fn every_code_object_is_for_its_processor() {
    for object in CODE_OBJECTS {
        assert!(object.bytes.starts_with(b"\x7fELF\x02\x01\x01"), "{}: not a little-endian ELF64 file", object.arch);
        assert_eq!(object.bytes[7], ELFOSABI_AMDGPU_HSA, "{}", object.arch);
        assert_eq!(number(object.bytes, 18, 2), EM_AMDGPU, "{}", object.arch);
        assert_eq!(number(object.bytes, 48, 4) & 0xff, u64::from(object.machine), "{}", object.arch);
        assert_eq!(object.bytes.as_ptr() as usize % 64, 0, "{} is not aligned", object.arch);
    }
}

#[test]
fn every_kernel_is_in_every_code_object() {
    assert!(!KERNELS.is_empty() && !CODE_OBJECTS.is_empty());
    for object in CODE_OBJECTS {
        let found = symbols(object.bytes);
        for kernel in KERNELS {
            let code = found.get(kernel.name).unwrap_or_else(|| panic!("{} lacks {}", object.arch, kernel.name));
            assert!(code.0 == STT_FUNC && code.1 > 0, "{}: {} is no code", object.arch, kernel.name);
            let descriptor = found.get(&format!("{}.kd", kernel.name));
            assert_eq!(descriptor, Some(&(STT_OBJECT, DESCRIPTOR_SIZE)), "{}: {}", object.arch, kernel.name);
        }
    }
}

#[test]
fn no_code_object_holds_a_kernel_that_is_not_listed() {
    let listed: HashSet<String> = KERNELS.iter().map(|kernel| format!("{}.kd", kernel.name)).collect();
    assert_eq!(listed.len(), KERNELS.len());
    for object in CODE_OBJECTS {
        let found: HashSet<String> = symbols(object.bytes).into_keys().filter(|name| name.ends_with(".kd")).collect();
        assert_eq!(found, listed, "{}", object.arch);
    }
}

#[test]
fn a_full_target_id_finds_its_processor() {
    for object in CODE_OBJECTS {
        for suffix in ["", ":xnack-", ":sramecc+:xnack-", ":sramecc-:xnack+"] {
            assert_eq!(quantized(&format!("{}{suffix}", object.arch)), Some(object.bytes));
        }
        assert_eq!(quantized(&format!("amdgcn-amd-amdhsa--{}", object.arch)), Some(object.bytes));
        assert_eq!(quantized(&format!("{}:other+", object.arch)), None);
        assert_eq!(quantized(&format!("{}:", object.arch)), None);
    }
}

#[test]
fn an_unknown_architecture_has_none() {
    for arch in ["", "gfx", "gfx000", "sm_90", ":xnack+", "GFX90A"] {
        assert_eq!(quantized(arch), None, "{arch}");
    }
}

#[test]
fn parameters_do_not_overlap() {
    for kernel in KERNELS {
        let mut end = 0;
        for parameter in kernel.parameters {
            assert!(parameter.offset >= end && parameter.size > 0, "{}: {}", kernel.name, parameter.name);
            end = parameter.offset + parameter.size;
        }
        assert!((1..=1024).contains(&kernel.max_threads), "{}", kernel.name);
    }
}

#[test]
fn evidence_is_there_for_every_kernel_and_architecture() {
    let found: HashSet<_> = EVIDENCE.iter().map(|each| (each.kernel, each.arch)).collect();
    assert_eq!(found.len(), EVIDENCE.len());
    assert_eq!(found.len(), KERNELS.len() * CODE_OBJECTS.len());
    let checked = |state| matches!(state, "verified" | "emulated");
    assert!(EVIDENCE.iter().all(|each| !checked(each.state) || each.cases > 0));
    assert_eq!(EVIDENCE.iter().filter(|each| !checked(each.state)).count(), UNVERIFIED);
    assert_eq!(RECOMPILED, cfg!(feature = "recompile"));
}
