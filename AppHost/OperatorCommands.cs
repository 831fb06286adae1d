#pragma warning disable ASPIREINTERACTION001 // The dashboard's dialogs are still marked experimental.
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.AppHost;

/// <summary>Commands for operators in the dashboard, with a confirmation or a form. They call the services' internal endpoints.</summary>
/// <param name="internalKey">Sent as <c>X-Internal-Key</c>.</param>
/// <param name="mailFolder">Where emails are kept; null if they are sent by an SMTP server.</param>
internal sealed class OperatorCommands(ParameterResource internalKey, string? mailFolder)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>How long a command waits for the outcome of a rebuild. A longer one is reported in the service's log.</summary>
    private static readonly TimeSpan RebuildWait = TimeSpan.FromSeconds(20);

    private static readonly string[] ParkedArguments = ["queue", "id"];

    public void AddTo(
        IResourceBuilder<ProjectResource> links, IResourceBuilder<ProjectResource> redirect, IResourceBuilder<ProjectResource> analytics,
        IResourceBuilder<ProjectResource> identity, IResourceBuilder<ProjectResource> notification, IResourceBuilder<ProjectResource> billing)
    {
        links.WithCommand("suspend", "Suspend …", context => SuspendAsync(links, HttpMethod.Put, context),
            Options("Prohibited", "Suspends a link, a workspace or a host, on every replica within a second.",
                [.. Target(), new() { Name = "reason", Label = "Reason (for operators)", InputType = InputType.Text, MaxLength = 500 }],
                confirmation: "Suspend it? Visitors get an error from then on."));
        links.WithCommand("unsuspend", "Unsuspend …", context => SuspendAsync(links, HttpMethod.Delete, context),
            Options("CheckmarkCircle", "Restores a suspended link, workspace or host, on every replica within a second.", Target()));
        redirect.WithCommand("rebuild-read-model", "Rebuild read model …", context => RebuildReadModelAsync(redirect, context),
            Options("DatabaseArrowUp", "Reads all links from the links service again. Redirects keep working.",
            [
                new()
                {
                    Name = "force", Label = "Continue even if most links are missing", InputType = InputType.Boolean, Value = "false",
                    Description = "Routes of links that the links service doesn't have are removed. If more links are missing than exist, nothing is removed unless you choose this.",
                },
            ]));
        analytics.WithCommand("rebuild-rollups", "Rebuild rollups",
            context => SendAsync(analytics, HttpMethod.Post, "/internal/rollups/rebuild", "Started. The console log of analytics reports each day and the completion.", context.CancellationToken),
            Options("DataTrending", "Recomputes totals and rollups from the raw clicks that are still stored.", confirmation: "Recompute the rollups from raw clicks?"));
        identity.WithCommand("rotate-signing-keys", "Rotate signing keys",
            context => SendAsync(identity, HttpMethod.Post, "/internal/signing-keys/rotate", "New tokens are signed with a new key.", context.CancellationToken),
            Options("KeyMultiple", "Signs new tokens with a new key. Tokens issued before stay valid until they expire.", confirmation: "Sign new tokens with a new key?"));
        foreach (var service in new[] { identity, links, redirect, analytics, notification, billing })
        {
            AddParkedMessages(service);
        }

        if (mailFolder is not null)
        {
            notification.WithCommand("open-mails", "Open recent emails", context => OpenMailsAsync(new DirectoryInfo(mailFolder), context),
                Options("MailInbox", "Shows the most recent emails, which were kept because no SMTP server is set."));
        }
    }

    private void AddParkedMessages(IResourceBuilder<ProjectResource> service)
    {
        const string Path = "/internal/parked-messages";
        service.WithCommand("list-parked-messages", "Parked messages", context => ShowParkedAsync(service, context),
            Options("MailWarning", "Lists messages that could not be handled: their queue, since when and why."));
        service.WithCommand("retry-parked-messages", "Retry parked messages …",
            context => ChangeParkedAsync(service, HttpMethod.Post, Path + "/retry", "Put back", context),
            Options("MailArrowForward", "Puts messages that could not be handled back into their queue.", Parked(isQueueRequired: false)));
        service.WithCommand("drop-parked-messages", "Drop parked messages …",
            context => ChangeParkedAsync(service, HttpMethod.Delete, Path, "Dropped", context),
            Options("MailDismiss", "Deletes messages that could not be handled.", Parked(isQueueRequired: true),
                confirmation: "Delete the messages? Their events never take effect."));
    }

    private static InteractionInput[] Parked(bool isQueueRequired) =>
    [
        new() { Name = "queue", Label = "Queue", InputType = InputType.Text, Required = isQueueRequired, Placeholder = isQueueRequired ? "As Parked messages lists it" : "All queues of this service", MaxLength = 255 },
        new() { Name = "id", Label = "Id", InputType = InputType.Text, Placeholder = "All messages of the queue", MaxLength = 36 },
    ];

    private static CommandOptions Options(string icon, string description, IReadOnlyList<InteractionInput>? form = null, string? confirmation = null) => new()
    {
        IconName = icon,
        Description = description,
        Arguments = form ?? [],
        ConfirmationMessage = confirmation,
        UpdateState = context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
    };

    private static InteractionInput[] Target() =>
    [
        new()
        {
            Name = "category", Label = "What", InputType = InputType.Choice, Required = true, Value = "link",
            Options = [new("link", "Link"), new("workspace", "Workspace"), new("host", "Host")],
        },
        new() { Name = "target", Label = "Which", InputType = InputType.Text, Required = true, Placeholder = "Short URL, code or id; workspace id; host name", MaxLength = 2048 },
    ];

    private Task<ExecuteCommandResult> SuspendAsync(IResourceBuilder<ProjectResource> links, HttpMethod method, ExecuteCommandContext context)
    {
        var (category, target) = (context.Arguments["category"].Value, context.Arguments["target"].Value ?? "");
        var query = new StringBuilder("?target=").Append(Uri.EscapeDataString(target));
        if (method == HttpMethod.Put && context.Arguments["reason"].Value is { Length: > 0 } reason)
        {
            query.Append("&reason=").Append(Uri.EscapeDataString(reason));
        }

        return SendAsync(links, method, $"/internal/suspensions/{category}{query}", $"{(method == HttpMethod.Put ? "Suspended" : "Back in service")}: {category} {target}", context.CancellationToken);
    }

    /// <summary>Starts a rebuild and waits a while for its outcome, because it is refused only at its end.</summary>
    private async Task<ExecuteCommandResult> RebuildReadModelAsync(IResourceBuilder<ProjectResource> redirect, ExecuteCommandContext context)
    {
        const string Path = "/internal/read-model/rebuild";
        var isForced = context.Arguments["force"].Value == "true";
        var started = await SendAsync(redirect, HttpMethod.Post, isForced ? Path + "?force=true" : Path, "", context.CancellationToken);
        for (var waiting = Stopwatch.StartNew(); started.Success && waiting.Elapsed < RebuildWait; await Task.Delay(250, context.CancellationToken))
        {
            using var request = await RequestAsync(redirect, HttpMethod.Get, Path, context.CancellationToken);
            using var response = await Http.SendAsync(request, context.CancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                return CommandResults.Failure(await ReasonAsync(response, context.CancellationToken));
            }

            var report = (await response.Content.ReadFromJsonAsync<Rebuild>(context.CancellationToken))!;
            switch (report.State)
            {
                case "completed":
                    return CommandResults.Success($"Links read: {report.LinksListed}. Routes repaired: {report.RoutesWritten}, removed: {report.RoutesRemoved}.");
                case "refused":
                    return CommandResults.Failure(
                        $"No route was removed: links has {report.LinksListed} links and lacks {report.LinksMissing} that have routes here. Check that links has all its data. If they really are gone, choose \"Continue even if most links are missing\".");
            }
        }

        return started.Success ? CommandResults.Success("Started. The console log of redirect reports each page and the completion.") : started;
    }

    private async Task<ExecuteCommandResult> ShowParkedAsync(IResourceBuilder<ProjectResource> service, ExecuteCommandContext context)
    {
        var table = "";
        var result = await SendAsync(service, HttpMethod.Get, "/internal/parked-messages?format=text", async response =>
        {
            table = await response.Content.ReadAsStringAsync(context.CancellationToken);
            return "";
        }, context.CancellationToken);
        if (!result.Success)
        {
            return result;
        }

        var isEmpty = table.TrimEnd().Split('\n').Length == 1;
        await context.Services.GetRequiredService<IInteractionService>().PromptMessageBoxAsync(
            "Parked messages", isEmpty ? "Every message was handled." : $"```\n{table}\n```",
            new MessageBoxInteractionOptions { EnableMessageMarkdown = true }, context.CancellationToken);
        return CommandResults.Success();
    }

    private Task<ExecuteCommandResult> ChangeParkedAsync(
        IResourceBuilder<ProjectResource> service, HttpMethod method, string path, string done, ExecuteCommandContext context)
    {
        var query = ParkedArguments
            .Select(name => (Name: name, Value: context.Arguments[name].Value?.Trim()))
            .Where(argument => argument.Value is { Length: > 0 })
            .Select(argument => $"{argument.Name}={Uri.EscapeDataString(argument.Value!)}");
        return SendAsync(service, method, $"{path}?{string.Join('&', query)}", async response =>
            $"{done}: {(await response.Content.ReadFromJsonAsync<ParkedChange>(context.CancellationToken))!.Messages}", context.CancellationToken);
    }

    private async Task<HttpRequestMessage> RequestAsync(IResourceBuilder<ProjectResource> service, HttpMethod method, string path, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, new Uri(new Uri(service.GetEndpoint("http").Url), path));
        request.Headers.Add("X-Internal-Key", await internalKey.GetValueAsync(cancellationToken));
        return request;
    }

    private Task<ExecuteCommandResult> SendAsync(IResourceBuilder<ProjectResource> service, HttpMethod method, string path, string success, CancellationToken cancellationToken) =>
        SendAsync(service, method, path, _ => Task.FromResult(success), cancellationToken);

    private async Task<ExecuteCommandResult> SendAsync(
        IResourceBuilder<ProjectResource> service, HttpMethod method, string path, Func<HttpResponseMessage, Task<string>> success, CancellationToken cancellationToken)
    {
        try
        {
            using var request = await RequestAsync(service, method, path, cancellationToken);
            using var response = await Http.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode ? CommandResults.Success(await success(response)) : CommandResults.Failure(await ReasonAsync(response, cancellationToken));
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return CommandResults.Failure($"{service.Resource.Name} did not respond: {failure.Message}");
        }
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return $"{(int)response.StatusCode} {response.ReasonPhrase}";
        }

        var problem = await response.Content.ReadFromJsonAsync<Problem>(cancellationToken);
        return problem?.Errors?.Values.SelectMany(messages => messages).FirstOrDefault() ?? problem?.Detail ?? problem?.Title ?? response.ReasonPhrase ?? "";
    }

    private static async Task<ExecuteCommandResult> OpenMailsAsync(DirectoryInfo folder, ExecuteCommandContext context)
    {
        var mails = folder.Exists ? folder.EnumerateFiles("*.eml", SearchOption.AllDirectories).OrderByDescending(mail => mail.LastWriteTimeUtc).Take(10).ToList() : [];
        var text = new StringBuilder();
        foreach (var mail in mails)
        {
            text.AppendLine("```").AppendLine(await File.ReadAllTextAsync(mail.FullName, context.CancellationToken)).AppendLine("```").AppendLine();
        }

        await context.Services.GetRequiredService<IInteractionService>().PromptMessageBoxAsync(
            "Recent emails", mails.Count == 0 ? "No emails were kept." : text.ToString(),
            new MessageBoxInteractionOptions { EnableMessageMarkdown = true }, context.CancellationToken);
        return CommandResults.Success();
    }

    /// <summary>Redirect's report about its rebuild.</summary>
    private sealed record Rebuild(string State, long LinksListed, long LinksMissing, long RoutesWritten, long RoutesRemoved);

    /// <summary>The response after parked messages were put back or dropped.</summary>
    private sealed record ParkedChange(int Messages);

    private sealed record Problem(string? Title, string? Detail, Dictionary<string, string[]>? Errors);
}
