use http::Method;

use super::error::Refusal;
use crate::request::Request;

/// One of the vendor's operations that the fake knows.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) endpoint: Endpoint,
    method: Method,
    template: &'static str,
    pub(super) scope: Scope,
    /// The Rails controller and action, as `x-zendesk-api-warn` names them.
    pub(super) controller: &'static str,
    pub(super) action: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    AddTags,
    CountTickets,
    CreateField,
    CreateOrUpdateUser,
    CreateTicket,
    CreateToken,
    CreateUser,
    CurrentToken,
    CurrentUser,
    DeleteTicket,
    ListAudits,
    ListComments,
    ListCustomStatuses,
    ListFields,
    ListIdentities,
    ListRequestedTickets,
    ListTags,
    ListTickets,
    RelatedToTicket,
    RemoveTags,
    RevokeToken,
    Search,
    SearchUsers,
    SetTags,
    ShowField,
    ShowManyTickets,
    ShowTicket,
    ShowTicketMetrics,
    ShowUser,
    UpdateTicket,
    UpdateUser,
}

/// What a bearer token must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// No credentials needed.
    Public,
    /// Any valid credentials.
    Authenticated,
    /// `read` or `write`: no narrower scope is documented.
    Broad,
    /// As `Broad`, or `tickets:read` or `tickets:write`.
    Tickets,
    /// As `Broad`, or `users:read` or `users:write`.
    Users,
}

macro_rules! routes {
    ($($method:ident $template:literal $endpoint:ident $scope:ident $controller:ident/$action:ident,)*) => {
        &[$(Route {
            endpoint: Endpoint::$endpoint,
            method: Method::$method,
            template: $template,
            scope: Scope::$scope,
            controller: stringify!($controller),
            action: stringify!($action),
        }),*]
    };
}

/// Fixed segments stand before `{id}`: the first match wins.
const ROUTES: &[Route] = routes![
    POST "/oauth/tokens" CreateToken Public tokens/create,
    GET "/api/v2/oauth/tokens/current" CurrentToken Authenticated tokens/show,
    DELETE "/api/v2/oauth/tokens/current" RevokeToken Authenticated tokens/destroy,
    GET "/api/v2/search" Search Broad search/index,
    GET "/api/v2/custom_statuses" ListCustomStatuses Broad custom_statuses/index,
    GET "/api/v2/ticket_fields" ListFields Broad ticket_fields/index,
    POST "/api/v2/ticket_fields" CreateField Broad ticket_fields/create,
    GET "/api/v2/ticket_fields/{id}" ShowField Broad ticket_fields/show,
    GET "/api/v2/tickets" ListTickets Tickets tickets/index,
    POST "/api/v2/tickets" CreateTicket Tickets tickets/create,
    GET "/api/v2/tickets/count" CountTickets Tickets tickets/count,
    GET "/api/v2/tickets/show_many" ShowManyTickets Tickets tickets/show_many,
    GET "/api/v2/tickets/{id}" ShowTicket Tickets tickets/show,
    PUT "/api/v2/tickets/{id}" UpdateTicket Tickets tickets/update,
    DELETE "/api/v2/tickets/{id}" DeleteTicket Tickets tickets/destroy,
    GET "/api/v2/tickets/{id}/audits" ListAudits Broad audits/index,
    GET "/api/v2/tickets/{id}/comments" ListComments Tickets ticket_comments/index,
    GET "/api/v2/tickets/{id}/metrics" ShowTicketMetrics Tickets ticket_metrics/show,
    GET "/api/v2/tickets/{id}/related" RelatedToTicket Tickets tickets/related,
    GET "/api/v2/tickets/{id}/tags" ListTags Tickets tags/index,
    POST "/api/v2/tickets/{id}/tags" SetTags Tickets tags/create,
    PUT "/api/v2/tickets/{id}/tags" AddTags Tickets tags/update,
    DELETE "/api/v2/tickets/{id}/tags" RemoveTags Tickets tags/destroy,
    POST "/api/v2/users" CreateUser Users users/create,
    GET "/api/v2/users/me" CurrentUser Public users/show,
    GET "/api/v2/users/search" SearchUsers Users users/search,
    POST "/api/v2/users/create_or_update" CreateOrUpdateUser Users users/create_or_update,
    GET "/api/v2/users/{id}" ShowUser Users users/show,
    PUT "/api/v2/users/{id}" UpdateUser Users users/update,
    GET "/api/v2/users/{id}/identities" ListIdentities Users user_identities/index,
    GET "/api/v2/users/{id}/tickets/requested" ListRequestedTickets Tickets tickets/requested,
];

impl Route {
    /// The route of a request; a `.json` suffix of the path is optional.
    pub(super) fn find(request: &Request) -> Option<&'static Self> {
        let path = path_of(request);
        ROUTES
            .iter()
            .find(|route| route.method == request.method && matches(route.template, path))
    }

    /// The name under which requests are counted.
    pub(super) fn operation(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// The `{id}` of the path.
    pub(super) fn id(&self, request: &Request) -> Result<u64, Refusal> {
        let segments = self.template.split('/').zip(path_of(request).split('/'));
        let id = segments
            .filter(|(template, _)| *template == "{id}")
            .find_map(|(_, segment)| segment.parse().ok());
        id.ok_or_else(|| {
            Refusal::bad_attribute(&format!(
                "Invalid parameter: id must be an integer from api/v2/{}/{}",
                self.controller, self.action
            ))
        })
    }
}

fn path_of(request: &Request) -> &str {
    let path = request.path.as_str();
    path.strip_suffix(".json").unwrap_or(path)
}

fn matches(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    template.split('/').all(|expected| {
        segments
            .next()
            .is_some_and(|segment| expected == "{id}" || expected == segment)
    }) && segments.next().is_none()
}
