# Tincan as Nix builds it, from the source beside it. rustPlatform needs Rust 1.95 or newer.
{
  lib,
  stdenv,
  rustPlatform,
  installShellFiles,
}:

let
  manifest = (lib.importTOML ../../Cargo.toml).package;
  needed = map (lib.removePrefix "!") (
    lib.filter (lib.hasPrefix "!") (lib.splitString "\n" (builtins.readFile ../Dockerfile.dockerignore))
  );
in
rustPlatform.buildRustPackage {
  pname = manifest.name;
  inherit (manifest) version;

  # As for a container: nothing else is needed to build it, and nothing else has it built anew.
  src = lib.fileset.toSource {
    root = ../..;
    fileset = lib.fileset.unions (map (lib.path.append ../..) needed);
  };
  cargoLock.lockFile = ../../Cargo.lock;
  cargoBuildFlags = [
    "--bin"
    "tincan"
  ];

  # The tests take browsers, a network and hours. .ci/run has them.
  doCheck = false;

  nativeBuildInputs = [ installShellFiles ];
  # A program for another processor can't be asked for them.
  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    mkdir man
    $out/bin/tincan man man
    installManPage man/*
    for shell in bash fish zsh; do
      $out/bin/tincan completions $shell >tincan.$shell
      installShellCompletion tincan.$shell
    done
  '';

  meta = {
    inherit (manifest) description;
    license = lib.licenses.mit;
    mainProgram = "tincan";
    platforms = lib.platforms.linux ++ lib.platforms.darwin;
  };
}
