import type { Wording } from './wording.ts';

/** What English pages say that are no pages; the form of the lists is told in wording.ts. */
export const english: Wording = {
  database: `
    error establishing a database connection
    error connecting to the database
    error connecting to database
    cannot connect to the database
    could not connect to the database
    can't connect to the database
    unable to connect to the database
    unable to connect to database
    connection to the database failed
    database connection failed
    database connection error
    database error
    could not connect to mysql
    can't connect to mysql server
    can't connect to local mysql server
    mysql server has gone away
    lost connection to mysql server
    too many connections
    user has exceeded the 'max_user_connections'
    sqlstate[
    cannot select database
    can't select database
    unable to select database
    one or more database tables are unavailable
    cannot access the database
    general error sql error
    sql error [
    an unexpected database error occurred
    error displaying the error page
    could not connect to server: connection refused`,
  program: `
    there has been a critical error on this website
    there has been a critical error on your website
    the site is experiencing technical difficulties
    this site is experiencing technical difficulties
    fatal error: uncaught
    fatal error: allowed memory size
    fatal error: maximum execution time
    parse error: syntax error
    uncaught exception
    stack trace: #0
    call to undefined function
    failed opening required
    a php error was encountered
    an uncaught exception was encountered
    whoops, looks like something went wrong
    whoops! there was an error
    we're sorry, but something went wrong
    the website encountered an unexpected error
    oops! an error occurred
    oops, an error occurred
    oops! we ran into some problems
    the software powering this discussion forum encountered an unexpected problem
    there has been an error processing your request
    an error occurred in the application and your page could not be served
    an error occurred on the server when processing the url
    whitelabel error page
    server error (500)
    http error 500
    500 internal server error
    500 - internal server error
    internal server error
    an internal server error occurred
    the server encountered an internal error
    runtime error in application
    server error in '/' application
    traceback (most recent call last)
    an exception occurred while processing your request
    = application error
    = server error
    = an error occurred`,
  maintenance: `
    briefly unavailable for scheduled maintenance
    unavailable due to maintenance
    site is down for maintenance
    is currently down for maintenance
    temporarily down for maintenance
    we're down for maintenance
    we are down for maintenance
    down for scheduled maintenance
    site is closed for maintenance
    site is undergoing maintenance
    is currently undergoing maintenance
    is undergoing scheduled maintenance
    is currently undergoing scheduled maintenance
    is currently under maintenance
    site is under maintenance
    site under maintenance
    store is under maintenance
    forum is under maintenance
    maintenance mode is on
    site is in maintenance mode
    is currently in maintenance mode
    performing some maintenance at the moment
    we are currently performing scheduled maintenance
    we're currently performing scheduled maintenance
    we are performing scheduled maintenance
    sorry for the inconvenience. our website is currently
    = we'll be back soon
    = we will be back soon
    = we'll be right back
    = we will be right back
    = we'll be back shortly
    = we will be back shortly
    we should be back shortly
    be back online shortly
    site is temporarily unavailable
    website is temporarily unavailable
    site is temporarily offline
    site is currently offline
    site is currently unavailable
    store is currently unavailable
    shop is currently unavailable
    board is currently unavailable
    forums are temporarily closed
    forum is temporarily closed
    the board is currently disabled
    doing some work on the site
    site is under construction
    site will be available soon
    our website is coming soon
    our new website is coming soon
    website coming soon
    something really cool is coming soon
    we are currently updating our shop
    = maintenance mode
    = under maintenance
    = down for maintenance
    = site offline
    = site off-line
    = be right back`,
  gateway: `
    bad gateway
    gateway time-out
    gateway timeout
    503 service unavailable
    service unavailable
    service temporarily unavailable
    service is temporarily unavailable
    service is currently unavailable
    page you are looking for is temporarily unavailable
    page you are looking for is currently unavailable
    server is temporarily unable to service your request
    the service you requested is not available
    no server is available to handle this request
    backend fetch failed
    guru meditation
    first byte timeout
    web server is down
    web server is returning an unknown error
    origin is unreachable
    origin dns error
    connection timed out error code 522
    a timeout occurred
    ssl handshake failed
    upstream connect error or disconnect
    upstream request timeout
    no healthy upstream
    no available server
    the request could not be satisfied
    the requested url could not be retrieved
    received an invalid response from an upstream server
    error reading from remote server
    fastly error: unknown domain
    application is not available
    resource limit is reached
    bandwidth limit exceeded
    too many requests
    our services aren't available right now`,
  challenge: `
    = just a moment
    checking your browser before accessing
    checking if the site connection is secure
    verify you are human
    verifying you are human
    enable javascript and cookies to continue
    attention required! | cloudflare
    please complete the security check to access
    ddos protection by
    incapsula incident id
    sucuri website firewall
    pardon our interruption
    your access to this site has been limited by the site owner
    sorry, you have been blocked
    access to this page has been denied
    generated by wordfence
    unusual traffic from your
    are you a robot?
    making sure you're not a bot`,
  hosting: `
    account suspended
    this account has been suspended
    this website has been suspended
    this site has been suspended
    site is not published
    this domain has expired
    this domain is parked
    domain has been registered
    web server's default page
    default web site page
    apache is functioning normally
    apache2 default page
    welcome to nginx!
    if you see this page, the nginx web server is successfully installed
    iis windows server
    future home of something quite cool
    there isn't a github pages site here
    there's nothing here, yet
    no such app
    this web app is stopped
    famous five-minute wordpress installation process
    you will need to know the following items before proceeding
    = it works
    = wordpress › installation
    = wordpress › setup configuration file`,
  denied: `
    403 forbidden
    401 unauthorized
    401 authorization required
    you don't have permission to access
    you do not have permission to access
    sorry, you are not allowed to access this page
    you are not authorized to access this page
    could not verify that you are authorized
    = access denied`,
  login: `
    you must be logged in to view
    you must be logged in to see
    you must be logged in to access
    you must log in to continue
    you must log in to view
    you need to log in to view
    you need to be logged in to view
    you need to login in order to view
    please log in to continue
    please sign in to continue
    please log in to view this
    please login to view this
    log in to view this page
    requires you to be registered and logged in
    you are not authorised to read this forum
    this site is marked private by its owner
    your session has expired
    this content is password protected
    this post is password protected
    = login required
    = private site`,
};
