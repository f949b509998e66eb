# Does what a formula for Homebrew says, by a stand-in of what Homebrew brings, as there is none here. On each system it has to
# name an archive with the sum that SHA256SUMS has. Then it is installed from an unpacked archive, and its test runs.
# usage: ruby .ci/formula.rb FORMULA SHA256SUMS UNPACKED

require "English"
require "fileutils"
require "pathname"
require "socket"
require "tmpdir"

FORMULA, SUMS, UNPACKED = ARGV.map { |path| File.expand_path(path) }
PREFIX = Pathname.new(Dir.mktmpdir)
at_exit { FileUtils.rm_rf PREFIX }

class Pathname
  # Files into this folder, under other names if they come with such.
  def install(*sources)
    mkpath
    sources.flatten.each do |source|
      named = source.is_a?(Hash) ? source : { source => File.basename(source) }
      named.each { |from, name| FileUtils.cp_r from, self/name }
    end
  end
end

class Formula
  include FileUtils

  # What the formula says of itself, on the system that it is read on.
  SAID = {}
  SYSTEM = []

  class << self
    [:desc, :homepage, :version, :license, :url, :sha256].each do |word|
      define_method(word) { |value| SAID[word] = value }
    end
    [:service, :test].each do |word|
      define_method(word) { |&block| SAID[word] = block }
    end
    [:macos, :linux, :arm, :intel].each do |where|
      define_method("on_#{where}") { |&block| block.call if SYSTEM.include? where }
    end
  end

  {
    bin: "bin", opt_bin: "bin", man1: "share/man/man1", doc: "share/doc/tincan", pkgshare: "share/tincan", var: "var",
    bash_completion: "etc/bash_completion.d", zsh_completion: "share/zsh/site-functions",
    fish_completion: "share/fish/vendor_completions.d"
  }.each { |name, folder| define_method(name) { PREFIX/folder } }

  [:run, :keep_alive, :log_path, :error_log_path].each do |word|
    define_method(word) { |*| nil }
  end

  def version
    SAID.fetch(:version)
  end

  def testpath
    @testpath ||= Pathname.new(Dir.mktmpdir("test", PREFIX))
  end

  def free_port
    TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
  end

  def assert_equal(wanted, got)
    raise "#{got.inspect} isn't #{wanted.inspect}" unless wanted == got
  end

  def shell_output(command)
    output = `#{command}`
    raise "this failed: #{command}" unless $CHILD_STATUS.success?

    output
  end

  def system(*command)
    raise "this failed: #{command.join(" ")}" unless super
  end
end

sums = File.readlines(SUMS, chomp: true)
[:macos, :linux].product([:arm, :intel]).each do |system|
  Formula::SAID.clear
  Formula::SYSTEM.replace(system)
  Object.send(:remove_const, :Tincan) if defined?(Tincan)
  load FORMULA
  archive = File.basename(Formula::SAID.fetch(:url))
  puts "#{system.join(", ")}: #{archive}"
  raise "it has another sum" unless sums.include? "#{Formula::SAID.fetch(:sha256)}  #{archive}"
end

tincan = Tincan.new
Dir.chdir(UNPACKED) { tincan.install }
[
  "bin/tincan", "share/man/man1/tincan.1", "etc/bash_completion.d/tincan", "share/zsh/site-functions/_tincan",
  "share/fish/vendor_completions.d/tincan.fish", "share/doc/tincan/docs/install.md", "share/tincan/licences/crates.txt"
].each { |path| raise "not installed: #{path}" unless (PREFIX/path).file? }
raise "others can look into its folder" unless (PREFIX/"var/tincan").stat.mode & 0777 == 0700

puts tincan.caveats
tincan.instance_eval(&Formula::SAID.fetch(:service))
tincan.instance_eval(&Formula::SAID.fetch(:test))
