#!/usr/bin/env ruby
# frozen_string_literal: true

# bootstrap.rb - the bundled Ruby runtime; the server runs it as `ruby bootstrap.rb`, the frames' socket at descriptor 3,
# the log at 1 and 2. Ruby 2.7 to 4.0, standard library only. runtime/environments/frames.h is the agreement.
#
# What handlers see follows AWS's runtime interface client (the gem aws_lambda_ric): LambdaContext, the errors and their
# lines in the log, the format of Logger, $_global_aws_request_id, and a process that ends after a NameError or what is no
# StandardError.

require "json"
require "logger"
require "stringio"

$_global_aws_request_id = nil

class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name,
              :memory_limit_in_mb, :function_version, :identity, :client_context, :deadline_ms, :tenant_id

  def initialize(request_id, deadline, arn, client_context, identity, tenant_id)
    @clock_difference = milliseconds(Process::CLOCK_REALTIME) - milliseconds(Process::CLOCK_MONOTONIC)
    @deadline_ms = deadline.to_i
    @aws_request_id = request_id
    @invoked_function_arn = arn
    @log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
    @log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
    @function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
    @memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    @function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
    @identity = JSON.parse(identity) unless identity.empty?
    @client_context = JSON.parse(client_context) unless client_context.empty?
    @tenant_id = tenant_id unless tenant_id.empty?
  end

  def get_remaining_time_in_millis
    [@deadline_ms - milliseconds(Process::CLOCK_MONOTONIC) - @clock_difference, 0].max
  end

  private

  def milliseconds(clock)
    Process.clock_gettime(clock, :millisecond)
  end
end

# FILE.METHOD or FILE.CLASS.METHOD. A NameError names this class.
class LambdaHandler
  attr_reader :handler_file_name, :handler_method_name

  def initialize(name)
    parts = name.split(".")
    unless parts.size.between?(2, 3)
      raise ArgumentError, "Invalid handler #{parts}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD " \
                           "where FILENAME corresponds with an existing Ruby source file FILENAME.rb, CLASS is an " \
                           "optional module/class namespace and METHOD is a callable method. If using CLASS, METHOD " \
                           "must be a class-level method."
    end
    @handler_file_name = parts.first
    @handler_class = parts[1] if parts.size == 3
    @handler_method_name = parts.last
  end

  def call_handler(event, context)
    target = @handler_class.nil? ? self : Kernel.const_get(@handler_class)
    target.__send__(@handler_method_name, event: event, context: context)
  end
end

module InvokedRuntime
  FRAME_MAX_BYTES = 64 * 1024 * 1024
  EVENT_FIELD_COUNT = 7
  STACK_MAX = 100
  FILE = File.expand_path(__FILE__)
  TOO_LARGE = "Function.ResponseSizeTooLarge\0" \
              '{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",' \
              '"errorType":"Function.ResponseSizeTooLarge"}'

  # The socket. Its end is the end of the process: nobody would take an answer.
  class Frames
    def initialize
      @socket = IO.for_fd(3, "r+b")
      @socket.sync = true
      @socket.close_on_exec = true
      @process = Process.pid
    end

    # The kind, and the body.
    def receive
      length = read(4).unpack1("N")
      InvokedRuntime.quit("a frame of #{length} bytes") unless length.between?(1, FRAME_MAX_BYTES)
      frame = read(length)
      [frame[0], frame.byteslice(1, length - 1)]
    end

    # A fork of the handler's that comes back here must not answer.
    def send(kind, body = "")
      exit!(0) if Process.pid != @process
      @socket.write([body.bytesize + 1].pack("N") + kind, body)
    rescue SystemCallError
      exit!(0)
    end

    private

    def read(size)
      data = @socket.read(size)
      exit!(0) if data.nil? || data.bytesize < size
      data
    rescue SystemCallError
      exit!(0)
    end
  end

  # What Logger writes to the log has the request's id.
  class Formatter < Logger::Formatter
    def call(severity, time, progname, message)
      text = format("%s, [%s #%d] %5s %s -- %s: %s", severity[0], format_datetime(time), Process.pid, severity,
                    $_global_aws_request_id, progname, msg2str(message))
      "#{InvokedRuntime.utf8(text)}\n"
    end
  end

  class JsonFormatter < Logger::Formatter
    def call(severity, time, progname, message)
      is_error = message.is_a?(Exception)
      line = { timestamp: time.utc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ"), level: severity,
               message: InvokedRuntime.utf8(is_error ? message.message : msg2str(message)),
               requestId: $_global_aws_request_id }
      line[:logger] = InvokedRuntime.utf8(progname) unless progname.to_s.empty?
      if is_error
        line.update(errorType: message.class.to_s, errorMessage: InvokedRuntime.utf8(message.message),
                    stackTrace: Array(message.backtrace).map { |one| InvokedRuntime.utf8(one) })
      end
      "#{JSON.generate(line.compact)}\n"
    end
  end

  module LoggerToLog
    def initialize(device = nil, *arguments, level: ENV["AWS_LAMBDA_LOG_LEVEL"] || "debug", **options)
      level = { "trace" => "debug" }.fetch(level.downcase, level) if level.is_a?(String)
      is_log = device.nil? || device == $stdout || device == $stderr
      super(is_log && device.nil? ? $stdout : device, *arguments, level: level, **options)
      return unless is_log

      own = @default_formatter&.datetime_format
      @default_formatter = ENV["AWS_LAMBDA_LOG_FORMAT"] == "JSON" ? JsonFormatter.new : Formatter.new
      @default_formatter.datetime_format = own
    end
  end

  module_function

  def quit(message)
    warn "invoked: #{message}"
    exit!(1)
  end

  def utf8(text)
    text.to_s.encode("UTF-8", invalid: :replace, undef: :replace, replace: "\uFFFD")
  end

  # As the platform has it: errors are handed over without the frames of the runtime itself.
  def describe(error, kind)
    places = (error.backtrace_locations || []).take_while { |place| place.absolute_path != FILE && place.path != FILE }
    { errorMessage: error.message, errorType: "#{kind}<#{error.class}>", stackTrace: places.first(STACK_MAX).map(&:to_s) }
  end

  def report(message, described)
    puts message
    puts JSON.pretty_generate(described)
    "#{described[:errorType]}\0#{JSON.generate(described)}"
  end

  # Gems that the function brings along, and those of layers. The folder is named by the version of Ruby's interface.
  def find_gems(folder)
    own = RbConfig::CONFIG["ruby_version"]
    roots = ["#{folder}/vendor/bundle/ruby", "/opt/ruby/gems"].flat_map do |root|
      ["#{root}/#{own}", *Dir.glob("#{root}/*")].uniq.select { |path| File.directory?(path) }.first(1)
    end
    return if roots.empty?

    ENV["GEM_PATH"] = [*roots, *Gem.path].uniq.join(":")
    Gem.paths = ENV.to_h
  end

  # Takes the init frame: environment, folder, where modules come from. Gives the handler's name.
  def become_function(frames)
    kind, body = frames.receive
    folder, name, *variables = body.force_encoding("UTF-8").split("\0")
    quit("the first frame is no init frame") if kind != "I" || folder.nil?
    ENV.replace(variables.to_h { |one| one.split("=", 2) }) unless variables.empty?
    Dir.chdir(folder)
    $LOAD_PATH.unshift(folder) unless $LOAD_PATH.include?(folder)
    $LOAD_PATH.push("/opt/ruby/lib") if File.directory?("/opt/ruby/lib") && !$LOAD_PATH.include?("/opt/ruby/lib")
    find_gems(folder)
    Logger.prepend(LoggerToLog)
    name.to_s
  end

  def begin_invocation(body)
    size = body.unpack1("N")
    fields = body.byteslice(4, size).force_encoding("UTF-8").split("\0", -1)
    quit("an event frame of #{fields.size} fields") if fields.size != EVENT_FIELD_COUNT + 1
    id, deadline, arn, trace, client_context, identity, tenant = fields
    $_global_aws_request_id = id
    trace.empty? ? ENV.delete("_X_AMZN_TRACE_ID") : ENV["_X_AMZN_TRACE_ID"] = trace
    [body.byteslice(4 + size, body.bytesize).force_encoding("UTF-8"),
     LambdaContext.new(id, deadline, arn, client_context, identity, tenant)]
  end

  # StringIO and IO are passed on as they are; all else is JSON.
  def marshal(result)
    result.is_a?(StringIO) || result.is_a?(IO) ? result.read.to_s : result.to_json
  end

  # The kind and the body of the answer, and whether the process goes on.
  def answer(handler, payload, context)
    event = payload.empty? ? {} : JSON.parse(payload)
    result = marshal(handler.call_handler(event, context))
    result.bytesize >= FRAME_MAX_BYTES ? ["F", TOO_LARGE, true] : ["R", result, true]
  rescue NameError => error
    ["F", report("Critical exception from handler", describe(error, "Function")), false]
  rescue StandardError => error
    ["F", report("Error raised from handler method", describe(error, "Function")), true]
  rescue Exception => error
    ["F", report("Critical exception from handler", describe(error, "Function")), false]
  end

  def flush
    $stdout.flush
    $stderr.flush
  rescue StandardError
    nil # closed, or no stream at all
  end

  def load_handler(frames)
    handler = LambdaHandler.new(become_function(frames))
    require handler.handler_file_name
    handler
  rescue Exception => error
    body = report("Init error when loading handler ", describe(error, "Init"))
    flush
    frames.send("X", body)
    exit!(252)
  end

  def work
    frames = Frames.new
    $stdout.sync = $stderr.sync = true
    Encoding.default_external = Encoding::UTF_8
    handler = load_handler(frames)
    frames.send("N")
    loop do
      kind, body = frames.receive
      quit("a frame of kind #{kind} instead of an event") if kind != "E"
      kind, body, goes_on = answer(handler, *begin_invocation(body))
      flush
      frames.send(kind, body)
      exit!(255) unless goes_on
      frames.send("N")
    end
  end
end

InvokedRuntime.work
