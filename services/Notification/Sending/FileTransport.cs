using System.Globalization;
using LinkShort.Notification.Composing;
using LinkShort.ServiceDefaults;

namespace LinkShort.Notification.Sending;

/// <summary>Writes emails to <c>{LINKSHORT_DATA}/mail/*.eml</c>, which any email client opens, if no mail server is configured.</summary>
public sealed partial class FileTransport : IMailTransport
{
    private readonly string _folder;
    private readonly ILogger<FileTransport> _logger;

    public FileTransport(IConfiguration configuration, ILogger<FileTransport> logger)
    {
        _logger = logger;
        var data = configuration["LINKSHORT_DATA"] is { Length: > 0 } set ? set : ".data";
        _folder = Path.GetFullPath(Path.Combine(data, "mail"));
        try
        {
            PrivateFiles.CreateDirectory(_folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"Setting LINKSHORT_DATA: emails can't be written to {_folder} ({exception.Message}). Set it to a folder that this process can write to, or set Smtp__Host to send emails.", exception);
        }
    }

    public async Task SendAsync(MailMessage mail, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(mail, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MailTransportException($"Mails can't be written to {_folder}: {exception.Message}", exception);
        }
    }

    /// <summary>Does nothing if the file doesn't exist.</summary>
    public void Delete(Guid id, DateTimeOffset createdAt)
    {
        if (Directory.Exists(_folder))
        {
            File.Delete(PathOf(id, createdAt));
        }
    }

    private async Task WriteAsync(MailMessage mail, CancellationToken cancellationToken)
    {
        // Named by the email's id: if it is written again after a crash, it replaces itself.
        var path = PathOf(mail.Id, mail.CreatedAt);
        var unfinished = path + ".tmp";
        // The folder may have been deleted in the meantime.
        PrivateFiles.CreateDirectory(_folder);
        await using (var file = new FileStream(unfinished, PrivateFile))
        {
            using var message = mail.ToMime();
            await message.WriteToAsync(mail.Format, file, cancellationToken);
        }

        // A program that watches for *.eml never sees a partial file.
        File.Move(unfinished, path, overwrite: true);
        Log.Written(_logger, path);
    }

    private static FileStreamOptions PrivateFile
    {
        get
        {
            var options = PrivateFiles.Options(FileMode.Create, FileAccess.Write, FileShare.Read);
            options.Options = FileOptions.Asynchronous;
            return options;
        }
    }

    private string PathOf(Guid id, DateTimeOffset createdAt) =>
        Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{createdAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{id:N}.eml"));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Email written to {Path}.")]
        public static partial void Written(ILogger logger, string path);
    }
}
